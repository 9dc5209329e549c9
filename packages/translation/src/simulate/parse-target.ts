/** The URL of a simulated request, taken apart without URL's own corrections: the path must arrive as it was written. */
import { HeddleError } from '@heddle/base'
import type { ParsedTarget } from './simulated-request.js'

const defaultPorts = { http: 80, https: 443, tcp: undefined, tls: 443 } as const
const shape =
  /^(?:(?<scheme>[a-z][a-z\d+.-]*):\/\/)?(?<host>\[[\da-f:.]+\]|[^/:?#\s[\]@]+)(?::(?<port>\d{1,5}))?(?<path>[/?][^\s#]*)?(?:#.*)?$/i

/** @param override the `Host` header, where it is another than the URL's. @throws HEDDLE_TRANSLATION_REQUEST */
export function parseTarget(url: string, override: string | undefined): ParsedTarget {
  const groups = shape.exec(url)?.groups
  if (groups === undefined)
    throw invalid(`"${url}" is no URL`, 'Write it as http://HOST:PORT/PATH, https://..., tcp://HOST:PORT or tls://HOST:PORT.')
  const scheme = (groups['scheme'] ?? 'http').toLowerCase()
  if (!isScheme(scheme)) throw invalid(`"${scheme}" is no scheme that can be simulated`, 'Use http, https, tcp or tls.')
  const port = groups['port'] === undefined ? defaultPorts[scheme] : Number(groups['port'])
  if (port === undefined || port < 1 || port > 65_535)
    throw invalid(`"${url}" needs a port from 1 to 65535`, `Write it as ${scheme}://HOST:PORT.`)
  const host = (groups['host'] as string).toLowerCase()
  const written = groups['path'] ?? '/'
  return {
    scheme,
    host: host.replaceAll(/[[\]]/g, ''),
    port,
    path: written.startsWith('?') ? `/${written}` : written,
    authority: override ?? (port === defaultPorts[scheme] ? host : `${host}:${port}`),
  }
}

function isScheme(text: string): text is ParsedTarget['scheme'] {
  return Object.hasOwn(defaultPorts, text)
}

function invalid(message: string, hint: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_TRANSLATION_REQUEST', message, origin: 'user', hint })
}
