import { describe } from 'vitest'
import { accepts, run } from './rule-cases.js'

const route = 'route: [{destination: {host: a}}]'
const http = (extra: string) => `{hosts: [a], http: [{${extra}}]}`

describe('VirtualService', () => {
  run('VirtualService', [
    ['nothing is routed', '{hosts: [a]}', 'spec', 'virtual-service/route-required'],
    ['a host is bad', `{hosts: [a_b], http: [{${route}}]}`, 'spec.hosts[0]', 'bad-host'],
    ['a host is a URL', `{hosts: ["http://a"], http: [{${route}}]}`, 'spec.hosts[0]', 'bad-host'],
    ['hosts overlap', `{hosts: ["*.a.com", b.a.com], http: [{${route}}]}`, 'spec.hosts[1]', 'virtual-service/duplicate-host'],
    ['* is not for the mesh', `{hosts: ["*"], http: [{${route}}]}`, 'spec.hosts[0]', 'virtual-service/wildcard-in-mesh'],
    ['gateways need hosts', `{gateways: [g], http: [{${route}}]}`, 'spec.hosts', 'virtual-service/hosts-required'],
    ['a delegate has no tcp', `{http: [{${route}}], tcp: [{${route}}]}`, 'spec.tcp', 'virtual-service/delegate'],
    ['a delegate does not delegate', '{http: [{delegate: {name: x}}]}', 'spec.http[0].delegate', 'http-route/nested-delegate'],
    ['a gateway name is bad', `{hosts: [a], gateways: [a/b/c], http: [{${route}}]}`, 'spec.gateways[0]', 'bad-gateway-name'],
    ['a route goes nowhere', http('match: [{port: 80}]'), 'spec.http[0].route', 'http-route/action-required'],
    ['redirect excludes route', http(`${route}, redirect: {uri: /}`), 'spec.http[0].route', 'http-route/conflicting-actions'],
    [
      'directResponse excludes fault',
      http('directResponse: {status: 200}, fault: {abort: {httpStatus: 500, percentage: {value: 1}}}'),
      'spec.http[0].fault',
      'http-route/conflicting-actions',
    ],
    ['delegate excludes route', http(`${route}, delegate: {name: a}`), 'spec.http[0].route', 'http-route/conflicting-actions'],
    ['a weight is negative', http('route: [{destination: {host: a}, weight: -1}]'), 'spec.http[0].route[0].weight', 'weight-negative'],
    ['nobody has a weight', http('route: [{destination: {host: a}}, {destination: {host: b}}]'), 'spec.http[0].route', 'weights-zero'],
    ['a destination is *', http('route: [{destination: {host: "*"}}]'), 'spec.http[0].route[0].destination.host', 'bad-host'],
    [
      'a port has no number',
      http('route: [{destination: {host: a, port: {}}}]'),
      'spec.http[0].route[0].destination.port.number',
      'missing-field',
    ],
    [
      'a port is too large',
      http('route: [{destination: {host: a, port: {number: 70000}}}]'),
      'spec.http[0].route[0].destination.port.number',
      'out-of-range',
    ],
    ['one match kind is enough', http(`match: [{uri: {exact: a, prefix: b}}], ${route}`), 'spec.http[0].match[0].uri.prefix', 'one-of'],
    [
      'an empty prefix matches all',
      http(`match: [{headers: {x: {prefix: ""}}}], ${route}`),
      'spec.http[0].match[0].headers.x.prefix',
      'http-match/empty-prefix',
    ],
    ['a regex has lookahead', http(`match: [{uri: {regex: "(?=a)"}}], ${route}`), 'spec.http[0].match[0].uri.regex', 'bad-regex'],
    ['a regex does not compile', http(`match: [{uri: {regex: "a("}}], ${route}`), 'spec.http[0].match[0].uri.regex', 'bad-regex'],
    ['a lone * is no expression', http(`match: [{uri: {regex: "*"}}], ${route}`), 'spec.http[0].match[0].uri.regex', 'bad-regex'],
    ['a header name is bad', http(`match: [{headers: {"a b": {}}}], ${route}`), 'spec.http[0].match[0].headers["a b"]', 'bad-header-name'],
    [
      'claims need a gateway',
      http(`match: [{headers: {"@request.auth.claims.sub": {exact: a}}}], ${route}`),
      'spec.http[0].match[0].headers["@request.auth.claims.sub"]',
      'http-match/claim',
    ],
    ['a duration is bad', http(`${route}, timeout: 5x`), 'spec.http[0].timeout', 'bad-duration'],
    ['a duration is zero', http(`${route}, timeout: 0s`), 'spec.http[0].timeout', 'bad-duration'],
    [
      'a retry condition is unknown',
      http(`${route}, retries: {attempts: 1, retryOn: "5xx,resett"}`),
      'spec.http[0].retries.retryOn',
      'retries/condition',
    ],
    [
      'no attempts need no timeout',
      http(`${route}, retries: {attempts: 0, perTryTimeout: 1s}`),
      'spec.http[0].retries.attempts',
      'retries/attempts',
    ],
    ['a fault is empty', http(`${route}, fault: {}`), 'spec.http[0].fault', 'fault/empty'],
    [
      'a percentage is too large',
      http(`${route}, fault: {abort: {httpStatus: 500, percentage: {value: 101}}}`),
      'spec.http[0].fault.abort.percentage.value',
      'bad-percentage',
    ],
    [
      'an abort status is bad',
      http(`${route}, fault: {abort: {httpStatus: 700, percentage: {value: 1}}}`),
      'spec.http[0].fault.abort.httpStatus',
      'bad-status',
    ],
    [
      'exponentialDelay is not there',
      http(`${route}, fault: {delay: {exponentialDelay: 1s, percentage: {value: 1}}}`),
      'spec.http[0].fault.delay.exponentialDelay',
      'fault/unsupported',
    ],
    ['a redirect code is bad', http('redirect: {uri: /, redirectCode: 200}'), 'spec.http[0].redirect.redirectCode', 'redirect/code'],
    ['a redirect scheme is bad', http('redirect: {scheme: ftp}'), 'spec.http[0].redirect.scheme', 'redirect/scheme'],
    [
      'prefixRewrite needs prefixes',
      http('redirect: {prefixRewrite: /b}, match: [{uri: {exact: /a}}]'),
      'spec.http[0].redirect.prefixRewrite',
      'redirect/prefix-match',
    ],
    ['a rewrite is empty', http(`${route}, rewrite: {}`), 'spec.http[0].rewrite', 'rewrite/empty'],
    ['a response status is bad', http('directResponse: {status: 99}'), 'spec.http[0].directResponse.status', 'bad-status'],
    [
      'mirror and mirrors',
      http(`${route}, mirror: {host: a}, mirrors: [{destination: {host: b}}]`),
      'spec.http[0].mirrors',
      'http-route/mirror',
    ],
    ['a CORS method is bad', http(`${route}, corsPolicy: {allowMethods: [get]}`), 'spec.http[0].corsPolicy.allowMethods[0]', 'cors/method'],
    [
      'the authority is set twice',
      http(`${route}, rewrite: {authority: a}, headers: {request: {set: {Host: b}}}`),
      'spec.http[0].headers.request.set.Host',
      'headers/authority-twice',
    ],
    [
      'a header cannot be removed',
      http(`${route}, headers: {request: {remove: [":path"]}}`),
      'spec.http[0].headers.request.remove[0]',
      'bad-header-name',
    ],
    [
      'a percent sign is open',
      http(`${route}, headers: {request: {set: {a: "50%"}}}`),
      'spec.http[0].headers.request.set.a',
      'bad-header-value',
    ],
    [
      'a server name is outside',
      `{hosts: [a.com], tls: [{match: [{sniHosts: [b.com]}], ${route}}]}`,
      'spec.tls[0].match[0].sniHosts[0]',
      'virtual-service/sni-outside-hosts',
    ],
    ['a tcp route goes nowhere', '{hosts: [a], tcp: [{match: [{port: 1}]}]}', 'spec.tcp[0].route', 'virtual-service/route-required'],
    [
      'a subnet is bad',
      `{hosts: [a], tcp: [{match: [{destinationSubnets: [10.0.0.0/33]}], ${route}}]}`,
      'spec.tcp[0].match[0].destinationSubnets[0]',
      'bad-address',
    ],
    ['exportTo repeats itself', `{hosts: [a], exportTo: [., ns], http: [{${route}}]}`, 'spec.exportTo[1]', 'bad-export-to'],
  ])
  run(
    'VirtualService',
    [
      ['a later route is unreachable', `{hosts: [a], http: [{${route}}, {${route}}]}`, 'spec.http[1]', 'virtual-service/unreachable-route'],
      [
        'a prefix covers a later one',
        `{hosts: [a], http: [{match: [{uri: {prefix: /a}}], ${route}}, {match: [{uri: {prefix: /ab}}], ${route}}]}`,
        'spec.http[1].match[0]',
        'virtual-service/unreachable-match',
      ],
      [
        'a destination has no weight',
        http('route: [{destination: {host: a}, weight: 1}, {destination: {host: b}}]'),
        'spec.http[0].route[1]',
        'weight-missing',
      ],
      ['a path has no slash', http(`match: [{uri: {prefix: api}}], ${route}`), 'spec.http[0].match[0].uri.prefix', 'http-match/path'],
      ['a fault never happens', http(`${route}, fault: {delay: {fixedDelay: 1s}}`), 'spec.http[0].fault.delay', 'fault/percentage-missing'],
      [
        'a field is deprecated',
        http(`${route}, corsPolicy: {allowOrigin: [a]}`),
        'spec.http[0].corsPolicy.allowOrigin',
        'deprecated-field',
      ],
      [
        'a gateway has its old name',
        `{hosts: [a], gateways: [g.ns.svc.cluster.local], http: [{${route}}]}`,
        'spec.gateways[0]',
        'dotted-gateway-name',
      ],
    ],
    'warning',
  )
  accepts('VirtualService', [
    ['paths with a slash, none and all', http(`match: [{uri: {exact: /a}}, {uri: {prefix: ""}}, {uri: {exact: "*"}}], ${route}`)],
    ['weights that do not add up to 100', http('route: [{destination: {host: a}, weight: 1}, {destination: {host: b}, weight: 2}]')],
    ['* behind a gateway', `{hosts: ["*"], gateways: [g], http: [{${route}}]}`],
    ['a lone * for a header', http(`match: [{headers: {a: {regex: "*"}}, withoutHeaders: {b: {regex: "*"}}}], ${route}`)],
    ['a presence match', http(`match: [{headers: {x-a: {}}}], ${route}`)],
    ['RE2 syntax', http(`match: [{uri: {regex: "(?i)/a[[:alpha:]]+"}}], ${route}`)],
    ['a delegate', `{http: [{${route}}]}`],
    ['a wildcard with a suffix', `{hosts: ["*-a.example.com"], http: [{${route}}]}`],
    ['addresses as hosts', `{hosts: [10.0.0.1, "fd00::1"], tcp: [{${route}}]}`],
    ['variables in header values', http(`${route}, headers: {request: {set: {a: "%REQ(x-b?c):10% 100%%"}}}`)],
  ])
})

describe('cases that are easily judged otherwise', () => {
  run('VirtualService', [
    ['a redirect to nothing', http('redirect: {uri: ""}'), 'spec.http[0].redirect', 'redirect/empty'],
    [
      'an expression is empty',
      http(`match: [{headers: {x: {regex: ""}}}], ${route}`),
      'spec.http[0].match[0].headers.x.regex',
      'bad-regex',
    ],
    ['an expression of a path is empty', http(`match: [{uri: {regex: ""}}], ${route}`), 'spec.http[0].match[0].uri.regex', 'bad-regex'],
  ])
  run(
    'VirtualService',
    [
      [
        'an address has no server name',
        '{hosts: [a.com], tls: [{match: [{sniHosts: [10.0.0.1]}], route: [{destination: {host: a}}]}]}',
        'spec.tls[0].match[0].sniHosts[0]',
        'virtual-service/sni-address',
      ],
    ],
    'warning',
  )
  accepts('VirtualService', [
    ['code 0 as none', http('redirect: {uri: /a, redirectCode: 0}')],
    ['status 600', http(`fault: {abort: {httpStatus: 600, percentage: {value: 1}}}, ${route}`)],
    [
      'server names between meshes',
      '{hosts: [outbound_.80_._.a.b], gateways: [g], tls: [{match: [{sniHosts: [outbound_.80_._.a.b]}], route: [{destination: {host: a}}]}]}',
    ],
  ])
})
