/** HTTP/1.1 load: keep-alive connections that always have a request in flight, from wrk or our own generator; or an open loop. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requestHeaders, requestPath } from '../contender.js'
import { type Credentials, serverName } from '../credentials.js'
import { isInstalled, versionOf } from '../installed.js'
import { type LoadGenerator, type LoadResult, outputOf, runOwn } from './load.js'

export interface Http1LoadOptions {
  readonly core: number | undefined
  readonly folder: string
  /** Default: 64. */
  readonly connections?: number
  /** Of each request's body; 0: GET without one. Default: 0. */
  readonly bodyBytes?: number
}

export function http1Load(options: Http1LoadOptions): LoadGenerator {
  return isInstalled('wrk', ['-v']) ? wrk(options) : ownHttp1Load(options)
}

function wrk({ core, folder, connections = 64, bodyBytes = 0 }: Http1LoadOptions): LoadGenerator {
  const headers = requestHeaders.flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const script = join(folder, `body-${bodyBytes}.lua`)
  if (bodyBytes > 0) writeFileSync(script, `wrk.method = "POST"\nwrk.body = string.rep("x", ${bodyBytes})\n`)
  return {
    name: `wrk ${versionOf('wrk', ['-v'], /wrk (?:debian\/)?(\S+)/) ?? ''}`.trim(),
    async run(port, seconds) {
      const time = `-d${Math.max(1, Math.round(seconds))}s`
      const more = bodyBytes > 0 ? ['-s', script] : []
      const url = `http://127.0.0.1:${port}${requestPath}`
      return parseWrk(await outputOf(core, ['wrk', '-t1', `-c${connections}`, time, '--latency', ...headers, ...more, url]))
    },
  }
}

/** Exported for its test: machines with wrk would never run it. */
export function ownHttp1Load({ core, connections = 64, bodyBytes = 0 }: Omit<Http1LoadOptions, 'folder'>): LoadGenerator {
  const request = bodyBytes > 0 ? http1Request('POST', requestPath, [['Content-Length', String(bodyBytes)]]) : http1Request('GET')
  return {
    name: 'own generator on raw sockets',
    run: (port, seconds) => runOwn(core, 'load-generator.js', { port, connections, seconds, request, bodyBytes }),
  }
}

/** So many requests a second leave whatever comes back; latency counts from when each should have left. */
export function http1Rate(core: number | undefined, rate: number): LoadGenerator {
  const request = http1Request('GET', requestPath.replace('42', 'ID'))
  return {
    name: `own open-loop generator, ${rate.toLocaleString('en')} requests a second`,
    run: (port, seconds) => runOwn(core, 'rate-generator.js', { port, connections: 64, rate, seconds, request }),
  }
}

/** New connections with mutual TLS, one request each. */
export function handshakeLoad(core: number | undefined, credentials: Credentials, isResumed: boolean): LoadGenerator {
  const request = http1Request('GET')
  const tls = clientTls(credentials)
  return {
    name: 'own generator on node:tls',
    run: (port, seconds) => runOwn(core, 'handshake-generator.js', { port, connections: 8, seconds, request, isResumed, ...tls }),
  }
}

/** What our own clients need for mutual TLS. */
export function clientTls({ client, rootPem }: Credentials): Readonly<Record<string, string>> {
  return { servername: serverName, cert: client.chainPem, key: client.keyPem, ca: rootPem }
}

export function http1Request(
  method: string,
  path: string = requestPath,
  more: readonly (readonly [name: string, value: string])[] = [],
): string {
  const lines = [...requestHeaders, ...more].map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

/** wrk's report for people is all there is without a script. */
export function parseWrk(report: string): LoadResult {
  const milliseconds = (pattern: RegExp): number | null => {
    const match = pattern.exec(report)
    return match ? Number(match[1]) * (units[match[2] as string] ?? 1) : null
  }
  const total = /(\d+) requests in ([\d.]+)(us|ms|s|m)/.exec(report)
  if (!total) throw new Error(`wrk printed no total: ${report}`)
  const socketErrors = [...(/Socket errors: (.*)/.exec(report)?.[1] ?? '').matchAll(/\d+/g)].reduce(
    (sum, [count]) => sum + Number(count),
    0,
  )
  return {
    requests: Number(total[1]),
    seconds: (Number(total[2]) * (units[total[3] as string] as number)) / 1000,
    errors: socketErrors + Number(/Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1] ?? 0),
    p50Ms: milliseconds(/50%\s+([\d.]+)(us|ms|s|m)/),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s|m)/),
  }
}
