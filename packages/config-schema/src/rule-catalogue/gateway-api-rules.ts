/** Rules of the Gateway API, with an example each that breaks the rule. */
import type { RuleRow } from './rule-row.js'

const listener = (text: string): string => `{gatewayClassName: istio, listeners: [{name: a, port: 80, ${text}}]}`
const rule = (text: string): string => `{rules: [{${text}}]}`
const filter = (text: string): string => rule(`filters: [{${text}}]`)
const backend = 'backendRefs: [{name: a, port: 80}]'
const trust = (text: string): string => `{targetRefs: [{group: "", kind: Service, name: a}], validation: {hostname: a.com, ${text}}}`

export const gatewayApiRules: readonly RuleRow[] = [
  [
    'gateway-api/duplicate-listener',
    'gw:Gateway',
    '{gatewayClassName: istio, listeners: [{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}]}',
    '',
  ],
  [
    'gateway-api/duplicate-address',
    'gw:Gateway',
    '{gatewayClassName: istio, addresses: [{value: 1.2.3.4}, {value: 1.2.3.4}], listeners: [{name: a, port: 80, protocol: HTTP}]}',
    '',
  ],
  [
    'gateway-api/duplicate-port',
    'gw:Gateway',
    '{gatewayClassName: istio, listeners: [{name: a, port: 80, protocol: HTTP}], tls: {frontend: {default: {}, perPort: [{port: 443, tls: {}}, {port: 443, tls: {}}]}}}',
    '',
  ],
  ['gateway-api/protocol', 'gw:Gateway', listener('protocol: HTPP'), ''],
  ['gateway-api/hostname-protocol', 'gw:Gateway', listener('protocol: TCP, hostname: a.com'), ''],
  ['gateway-api/tls-protocol', 'gw:Gateway', listener('protocol: HTTP, tls: {certificateRefs: [{name: a}]}'), ''],
  ['gateway-api/tls-required', 'gw:Gateway', listener('protocol: HTTPS'), ''],
  ['gateway-api/https-mode', 'gw:Gateway', listener('protocol: HTTPS, tls: {mode: Passthrough}'), ''],
  ['gateway-api/certificate-required', 'gw:Gateway', listener('protocol: HTTPS, tls: {mode: Terminate}'), ''],
  ['gateway-api/selector', 'gw:Gateway', listener('protocol: HTTP, allowedRoutes: {namespaces: {from: Selector}}'), ''],
  ['route/parent-part', 'gw:HTTPRoute', '{parentRefs: [{name: a}, {name: a}]}', ''],
  ['route/backend-port', 'gw:HTTPRoute', rule('backendRefs: [{name: a}]'), ''],
  [
    'route/too-many-matches',
    'gw:HTTPRoute',
    `{rules: [${Array<string>(2)
      .fill(`{matches: [${Array<string>(64).fill('{path: {value: /a}}').join(', ')}]}`)
      .join(', ')}]}`,
    '',
  ],
  ['route/duplicate-rule-name', 'gw:HTTPRoute', `{rules: [{name: a, ${backend}}, {name: a, ${backend}}]}`, ''],
  ['route/duplicate-name', 'gw:HTTPRoute', rule('matches: [{headers: [{name: a, value: b}, {name: a, value: c}]}]'), ''],
  ['route/path', 'gw:HTTPRoute', rule('matches: [{path: {value: "/a//b"}}]'), ''],
  ['route/filter-field', 'gw:HTTPRoute', filter('type: RequestRedirect'), ''],
  ['route/repeated-filter', 'gw:HTTPRoute', rule('filters: [{type: URLRewrite, urlRewrite: {}}, {type: URLRewrite, urlRewrite: {}}]'), ''],
  [
    'route/redirect-or-rewrite',
    'gw:HTTPRoute',
    rule('filters: [{type: URLRewrite, urlRewrite: {}}, {type: RequestRedirect, requestRedirect: {}}]'),
    '',
  ],
  ['route/redirect-backends', 'gw:HTTPRoute', rule(`filters: [{type: RequestRedirect, requestRedirect: {}}], ${backend}`), ''],
  ['route/path-modifier', 'gw:HTTPRoute', filter('type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath}}'), ''],
  [
    'route/prefix-match',
    'gw:HTTPRoute',
    rule(
      'matches: [{path: {type: Exact, value: /a}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}}}]',
    ),
    '',
  ],
  [
    'route/fraction',
    'gw:HTTPRoute',
    filter('type: RequestMirror, requestMirror: {backendRef: {name: a, port: 80}, fraction: {numerator: 3, denominator: 2}}'),
    '',
  ],
  ['route/timeouts', 'gw:HTTPRoute', rule(`timeouts: {request: 1s, backendRequest: 2s}, ${backend}`), ''],
  ['cors/wildcard', 'gw:HTTPRoute', filter('type: CORS, cors: {allowOrigins: ["*", "https://a.com"]}'), ''],
  ['grpc-route/method', 'gw:GRPCRoute', rule('matches: [{method: {type: Exact}}]'), ''],
  [
    'backend-tls-policy/trust',
    'gw:BackendTLSPolicy',
    '{targetRefs: [{group: "", kind: Service, name: a}], validation: {hostname: a.com}}',
    '',
  ],
  [
    'backend-tls-policy/target-part',
    'gw:BackendTLSPolicy',
    '{targetRefs: [{group: "", kind: Service, name: a}, {group: "", kind: Service, name: a}], validation: {hostname: a.com, wellKnownCACertificates: System}}',
    '',
  ],
  [
    'backend-tls-policy/subject-alt-name',
    'gw:BackendTLSPolicy',
    trust('wellKnownCACertificates: System, subjectAltNames: [{type: URI}]'),
    '',
  ],
]
