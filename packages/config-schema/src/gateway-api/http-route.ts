/** gateway.networking.k8s.io HTTPRoute: how HTTP requests are matched, changed and forwarded. */
import {
  described,
  describedWords,
  flag,
  integer,
  list,
  object,
  oneWord,
  port,
  required,
  shortText,
  text,
  type Field,
  type ObjectType,
} from '../model/field-type.js'
import {
  backendObjectReference,
  filteredBackend,
  headerName,
  hostnames,
  localObjectReference,
  parentRefs,
  preciseHostname,
  sectionName,
  useDefaultGateways,
} from './shared.js'

const matchType = { type: oneWord('Exact', 'RegularExpression'), default: 'Exact' }
const method = oneWord('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH')

const pathMatch = object(
  'HTTPPathMatch',
  {
    type: {
      type: describedWords({
        Exact: 'The whole path.',
        PathPrefix: 'The first segments of the path.',
        RegularExpression: 'RE2 expression that the whole path must match.',
      }),
      default: 'PathPrefix',
      doc: 'A prefix counts whole path segments.',
    },
    value: { type: text(undefined, { maxLength: 1024 }), default: '/' },
  },
  {
    cel: [
      {
        rule: "(self.type in ['Exact', 'PathPrefix']) ? self.value.startsWith('/') : true",
        message: "value must be an absolute path and start with '/'",
      },
      ...['//', '/./', '/../', '%2f', '%2F', '#'].map((part) => ({
        rule: `(self.type in ['Exact', 'PathPrefix']) ? !self.value.contains('${part}') : true`,
        message: `must not contain '${part}'`,
      })),
    ],
  },
)

export const headerMatch: ObjectType = object('HTTPHeaderMatch', {
  type: matchType,
  name: required(headerName),
  value: required(shortText(4096)),
})
const queryParamMatch = object('HTTPQueryParamMatch', { type: matchType, name: required(headerName), value: required(shortText(1024)) })

const match = object(
  'HTTPRouteMatch',
  {
    path: described(pathMatch, 'Absent matches every path.'),
    headers: list(headerMatch, { maxItems: 16 }),
    queryParams: list(queryParamMatch, { maxItems: 16 }),
    method,
  },
  { doc: 'All conditions must hold; any one match of a rule is enough.' },
)

const header = object('GatewayHTTPHeader', { name: required(headerName), value: required(shortText(4096)) })

export const headerFilter: ObjectType = object('HTTPHeaderFilter', {
  set: described(list(header, { maxItems: 16 }), 'Overwrites these headers.'),
  add: described(list(header, { maxItems: 16 }), 'Appends these values.'),
  remove: described(list(text(), { maxItems: 16 }), 'Removes these headers.'),
})

const fraction = object('Fraction', {
  numerator: required(integer(0, 2_147_483_647)),
  denominator: { type: integer(1, 2_147_483_647), default: 100 },
})

const pathModifierRules = (field: string) => [
  {
    rule: `self.type == '${field === 'replaceFullPath' ? 'ReplaceFullPath' : 'ReplacePrefixMatch'}' ? has(self.${field}) : !has(self.${field})`,
    message: `${field} goes together with its type`,
  },
]

export const requestMirrorFilter: ObjectType = object(
  'HTTPRequestMirrorFilter',
  { backendRef: required(backendObjectReference), percent: integer(0, 100), fraction },
  { oneOf: [{ fields: ['percent', 'fraction'] }], doc: 'Sends a copy of requests; its answers are ignored.' },
)

const pathModifier = object(
  'HTTPPathModifier',
  {
    type: required(oneWord('ReplaceFullPath', 'ReplacePrefixMatch')),
    replaceFullPath: text(undefined, { maxLength: 1024 }),
    replacePrefixMatch: text(undefined, { maxLength: 1024 }),
  },
  { cel: [...pathModifierRules('replaceFullPath'), ...pathModifierRules('replacePrefixMatch')] },
)

const redirect = object('HTTPRequestRedirectFilter', {
  scheme: oneWord('http', 'https'),
  hostname: preciseHostname,
  path: pathModifier,
  port,
  statusCode: { type: integer(301, 308), default: 302, doc: '301, 302, 303, 307 or 308.' },
})

const rewrite = object('HTTPURLRewriteFilter', { hostname: preciseHostname, path: pathModifier })

const cors = object('HTTPCORSFilter', {
  allowOrigins: list(shortText(253), { maxItems: 64 }),
  allowCredentials: flag,
  allowMethods: list(text(), { maxItems: 9 }),
  allowHeaders: list(text(), { maxItems: 64 }),
  exposeHeaders: list(text(), { maxItems: 64 }),
  maxAge: { type: integer(1, 2_147_483_647), default: 5, doc: 'Seconds a browser may keep the answer.' },
})

const externalAuth = object('HTTPExternalAuthFilter', {
  protocol: required(oneWord('HTTP', 'GRPC')),
  backendRef: required(backendObjectReference),
  grpc: object('GRPCAuthConfig', { allowedHeaders: list(text(), { maxItems: 64 }) }),
  http: object('HTTPAuthConfig', {
    path: text(),
    allowedHeaders: list(text(), { maxItems: 64 }),
    allowedResponseHeaders: list(text(), { maxItems: 64 }),
  }),
  forwardBody: object('ForwardBodyConfig', { maxSize: integer(0, 65_535) }),
})

/** Each type has the one field it is named after. */
const filterUnion = (
  [
    ['RequestHeaderModifier', 'requestHeaderModifier'],
    ['ResponseHeaderModifier', 'responseHeaderModifier'],
    ['RequestMirror', 'requestMirror'],
    ['RequestRedirect', 'requestRedirect'],
    ['URLRewrite', 'urlRewrite'],
    ['CORS', 'cors'],
    ['ExternalAuth', 'externalAuth'],
    ['ExtensionRef', 'extensionRef'],
  ] as const
).map(([type, field]) => ({
  rule: `(self.type == '${type}') == has(self.${field})`,
  message: `filter.${field} must be set for filter.type ${type}, and only for it`,
}))

const filter = object(
  'HTTPRouteFilter',
  {
    type: required(
      oneWord(
        'RequestHeaderModifier',
        'ResponseHeaderModifier',
        'RequestMirror',
        'RequestRedirect',
        'URLRewrite',
        'ExtensionRef',
        'CORS',
        'ExternalAuth',
      ),
      'Which one of the fields below is set.',
    ),
    requestHeaderModifier: headerFilter,
    responseHeaderModifier: headerFilter,
    requestMirror: requestMirrorFilter,
    requestRedirect: redirect,
    urlRewrite: rewrite,
    cors,
    externalAuth,
    extensionRef: localObjectReference,
  },
  { cel: filterUnion },
)

const filters: Field = described(list(filter, { maxItems: 16 }), 'What is done to requests and answers on the way.')

const retry = object('HTTPRouteRetry', {
  codes: list(integer(400, 599)),
  attempts: integer(0, 2_147_483_647),
  backoff: text('gateway-duration'),
})

export const sessionPersistence: ObjectType = object('SessionPersistence', {
  sessionName: text(undefined, { maxLength: 128 }),
  absoluteTimeout: text('gateway-duration'),
  idleTimeout: text('gateway-duration'),
  type: { type: oneWord('Cookie', 'Header'), default: 'Cookie' },
  cookieConfig: object('SessionCookieConfig', { lifetimeType: { type: oneWord('Permanent', 'Session'), default: 'Session' } }),
})

const timeouts = object(
  'HTTPRouteTimeouts',
  {
    request: described(text('gateway-duration'), 'For the whole request; 0s means none.'),
    backendRequest: described(text('gateway-duration'), 'For each try.'),
  },
  {
    cel: [
      {
        rule: "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))",
        message: 'backendRequest timeout cannot be longer than request timeout',
      },
    ],
  },
)

const rule = object(
  'HTTPRouteRule',
  {
    name: sectionName,
    matches: described(list(match, { maxItems: 64 }), 'Absent matches every request.'),
    filters,
    backendRefs: described(list(filteredBackend('HTTPBackendRef', filters), { maxItems: 16 }), 'Where matching requests go.'),
    timeouts,
    retry: described(retry, 'Experimental channel.'),
    sessionPersistence: described(sessionPersistence, 'Experimental channel.'),
  },
  {
    cel: [
      {
        rule: "(has(self.backendRefs) && size(self.backendRefs) > 0) ? (!has(self.filters) || self.filters.all(f, f.type != 'RequestRedirect')) : true",
        message: 'RequestRedirect filter must not be used together with backendRefs',
      },
      {
        rule: "!has(self.filters) || !(self.filters.exists(f, f.type == 'RequestRedirect') && self.filters.exists(f, f.type == 'URLRewrite'))",
        message: 'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
      },
      ...['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite'].map((type) => ({
        rule: `!has(self.filters) || self.filters.filter(f, f.type == '${type}').size() <= 1`,
        message: `${type} filter cannot be repeated`,
      })),
    ],
    doc: 'The most specific match of all rules takes the request, not the first.',
  },
)

export const httpRouteSpec: ObjectType = object(
  'HTTPRouteSpec',
  { parentRefs, useDefaultGateways, hostnames, rules: list(rule, { minItems: 1, maxItems: 16 }) },
  { doc: 'How HTTP requests are matched, changed and forwarded.' },
)
