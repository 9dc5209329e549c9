/** The syntaxes of the Gateway API's string fields: lower-case names, hosts, durations in its own grammar. */
import { clip } from './clip.js'
import type { FormatRule } from './string-format.js'

export type GatewayFormat =
  | 'group-name'
  | 'kind-name'
  | 'namespace-name'
  | 'section-name'
  | 'gateway-hostname'
  | 'precise-hostname'
  | 'controller-name'
  | 'listener-protocol'
  | 'gateway-duration'

const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(?:\\.${label})*`

function pattern(ruleId: string, expression: string, noun: string, expected: string): FormatRule {
  const compiled = new RegExp(expression)
  return { ruleId, expected, pattern: expression, check: (value) => (compiled.test(value) ? undefined : `"${clip(value)}" is not ${noun}`) }
}

export const gatewayFormats: Readonly<Record<GatewayFormat, FormatRule>> = {
  'group-name': pattern(
    'bad-name',
    `^$|^${subdomain}$`,
    'an API group',
    'an API group such as gateway.networking.k8s.io, or "" for the core group',
  ),
  'kind-name': pattern('bad-name', '^[a-zA-Z](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$', 'a kind', 'a kind such as Service'),
  'namespace-name': pattern('bad-name', `^${label}$`, 'the name of a namespace', 'lower-case letters, digits and "-"'),
  'section-name': pattern('bad-name', `^${subdomain}$`, 'a name', 'lower-case letters, digits, "-" and "."'),
  'gateway-hostname': pattern(
    'bad-host',
    `^(?:\\*\\.)?${subdomain}$`,
    'a host name',
    'a lower-case host name such as www.example.com or *.example.com',
  ),
  'precise-hostname': pattern(
    'bad-host',
    `^${subdomain}$`,
    'a host name without wildcards',
    'a lower-case host name such as www.example.com',
  ),
  'controller-name': pattern(
    'bad-name',
    `^${subdomain}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
    'the name of a controller',
    'DOMAIN/PATH such as istio.io/gateway-controller',
  ),
  'listener-protocol': pattern(
    'bad-enum',
    `^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$|^${subdomain}\\/[A-Za-z0-9]+$`,
    'a protocol',
    'HTTP, HTTPS, TLS, TCP, UDP, or DOMAIN/NAME',
  ),
  'gateway-duration': pattern(
    'bad-duration',
    '^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}$',
    'a duration',
    'a duration such as 10s, 500ms or 1h30m; 0s means none',
  ),
}
