import { describe, expect, it } from 'vitest'
import { parseDocuments } from '../../src/yaml/parse-documents.js'
import { validate } from '../../src/validate/validate.js'

type Case = readonly [name: string, spec: string, path: string, ruleId: string]

function faultsOf(kind: string, spec: string): readonly string[] {
  const group = kind === 'PeerAuthentication' ? 'security' : 'networking'
  const text = `{apiVersion: ${group}.istio.io/v1, kind: ${kind}, metadata: {name: a, namespace: ns}, spec: ${spec}}`
  const { documents, diagnostics } = parseDocuments(text)
  expect(diagnostics).toEqual([])
  return documents.flatMap((document) => validate(document).diagnostics).map((fault) => `${fault.severity} ${fault.path} ${fault.ruleId}`)
}

const run = (kind: string, cases: readonly Case[], severity = 'error') => {
  it.each(cases)('says that %s', (_, spec, path, ruleId) => {
    expect(faultsOf(kind, spec)).toContain(`${severity} ${path} ${ruleId}`)
  })
}

const accepts = (kind: string, cases: readonly (readonly [name: string, spec: string])[]) => {
  it.each(cases)('accepts %s', (_, spec) => {
    expect(faultsOf(kind, spec).filter((fault) => fault.startsWith('error'))).toEqual([])
  })
}

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

describe('DestinationRule', () => {
  const policy = (text: string) => `{host: a, trafficPolicy: {${text}}}`
  run('DestinationRule', [
    [
      'priorities exclude failover',
      policy('loadBalancer: {localityLbSetting: {failover: [{from: a, to: b}], failoverPriority: [topology.istio.io/subzone]}}'),
      'spec.trafficPolicy.loadBalancer.localityLbSetting.failoverPriority[0]',
      'locality/failover-priority',
    ],
    ['the host is missing', '{}', 'spec.host', 'missing-field'],
    ['a subset stands twice', '{host: a, subsets: [{name: v1}, {name: v1}]}', 'spec.subsets[1].name', 'destination-rule/duplicate-subset'],
    ['a subset name is bad', '{host: a, subsets: [{name: v_1}]}', 'spec.subsets[0].name', 'bad-name'],
    ['a label is bad', '{host: a, subsets: [{name: v1, labels: {version: "a b"}}]}', 'spec.subsets[0].labels.version', 'bad-label'],
    ['a policy is empty', policy(''), 'spec.trafficPolicy', 'destination-rule/empty-policy'],
    ['a pool is empty', policy('connectionPool: {}'), 'spec.trafficPolicy.connectionPool', 'connection-pool/empty'],
    [
      'a limit is negative',
      policy('connectionPool: {tcp: {maxConnections: -1}}'),
      'spec.trafficPolicy.connectionPool.tcp.maxConnections',
      'out-of-range',
    ],
    [
      "upgrade excludes the client's protocol",
      policy('connectionPool: {http: {h2UpgradePolicy: UPGRADE, useClientProtocol: true}}'),
      'spec.trafficPolicy.connectionPool.http.h2UpgradePolicy',
      'connection-pool/upgrade',
    ],
    [
      'a percentage is too large',
      policy('outlierDetection: {maxEjectionPercent: 101}'),
      'spec.trafficPolicy.outlierDetection.maxEjectionPercent',
      'bad-percentage',
    ],
    [
      'local failures need the split',
      policy('outlierDetection: {consecutiveLocalOriginFailures: 3}'),
      'spec.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures',
      'outlier-detection/split',
    ],
    [
      'one balancer is enough',
      policy('loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}'),
      'spec.trafficPolicy.loadBalancer.consistentHash',
      'one-of',
    ],
    [
      'a cookie needs a name',
      policy('loadBalancer: {consistentHash: {httpCookie: {ttl: 0s}}}'),
      'spec.trafficPolicy.loadBalancer.consistentHash.httpCookie.name',
      'missing-field',
    ],
    [
      'a table size is no prime',
      policy('loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 100}}}'),
      'spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize',
      'load-balancer/table-size',
    ],
    [
      'shares do not add up',
      policy('loadBalancer: {localityLbSetting: {distribute: [{from: a/*, to: {"a/b": 90}}]}}'),
      'spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to',
      'locality/weight',
    ],
    [
      'a region fails over to itself',
      policy('loadBalancer: {localityLbSetting: {failover: [{from: a, to: a}]}}'),
      'spec.trafficPolicy.loadBalancer.localityLbSetting.failover[0]',
      'locality/failover',
    ],
    ['a TLS mode is unknown', policy('tls: {mode: ISTIO_MUTAUL}'), 'spec.trafficPolicy.tls.mode', 'bad-enum'],
    ['MUTUAL needs a key', policy('tls: {mode: MUTUAL, clientCertificate: /a}'), 'spec.trafficPolicy.tls.privateKey', 'client-tls/mutual'],
    [
      'a credential excludes files',
      policy('tls: {mode: SIMPLE, credentialName: a, caCertificates: /b}'),
      'spec.trafficPolicy.tls.caCertificates',
      'client-tls/credential',
    ],
    [
      'port settings need a port',
      policy('portLevelSettings: [{tls: {mode: DISABLE}}]'),
      'spec.trafficPolicy.portLevelSettings[0].port',
      'missing-field',
    ],
    [
      'a tunnel has no such protocol',
      policy('tunnel: {protocol: GET, targetHost: a.com, targetPort: 443}'),
      'spec.trafficPolicy.tunnel.protocol',
      'bad-enum',
    ],
  ])
  run(
    'DestinationRule',
    [['TLS is off', policy('tls: {credentialName: a}'), 'spec.trafficPolicy.tls.mode', 'client-tls/mode-missing']],
    'warning',
  )
  accepts('DestinationRule', [
    [
      'subsets',
      '{host: "*.example.com", subsets: [{name: v1, labels: {version: v1}}, {name: v2, trafficPolicy: {loadBalancer: {simple: LEAST_CONN}}}]}',
    ],
    ['MUTUAL with a credential', policy('tls: {mode: MUTUAL, credentialName: a, insecureSkipVerify: null}')],
    ['idleTimeout 0s', policy('connectionPool: {tcp: {idleTimeout: 0s}}')],
  ])
})

describe('Gateway', () => {
  const server = (port: string, rest = '') => `{servers: [{port: {${port}}, hosts: ["*"]${rest}}]}`
  const plain = 'number: 80, name: http, protocol: HTTP'
  const secure = 'number: 443, name: https, protocol: HTTPS'
  run('Gateway', [
    ['a server is missing', '{selector: {istio: ingressgateway}}', 'spec.servers', 'gateway/servers-required'],
    ['hosts are missing', `{servers: [{port: {${plain}}}]}`, 'spec.servers[0].hosts', 'missing-field'],
    ['hosts are empty', `{servers: [{port: {${plain}}, hosts: []}]}`, 'spec.servers[0].hosts', 'gateway/hosts-required'],
    ['a host is short', `{servers: [{port: {${plain}}, hosts: [a]}]}`, 'spec.servers[0].hosts[0]', 'bad-host'],
    ['a wildcard is partial', `{servers: [{port: {${plain}}, hosts: ["*a.com"]}]}`, 'spec.servers[0].hosts[0]', 'bad-host'],
    ['a namespace is bad', `{servers: [{port: {${plain}}, hosts: ["a_b/*"]}]}`, 'spec.servers[0].hosts[0]', 'bad-host'],
    ['a protocol is unknown', server('number: 80, name: http, protocol: HTPT'), 'spec.servers[0].port.protocol', 'bad-enum'],
    ['a port is 0', server('number: 0, name: http, protocol: HTTP'), 'spec.servers[0].port.number', 'bad-port'],
    ['a port name is missing', server('number: 80, protocol: HTTP'), 'spec.servers[0].port.name', 'missing-field'],
    [
      'a port name stands twice',
      `{servers: [{port: {${plain}}, hosts: ["*"]}, {port: {${plain}}, hosts: ["*"]}]}`,
      'spec.servers[1].port.name',
      'gateway/duplicate-port-name',
    ],
    ['HTTPS needs tls', server(secure), 'spec.servers[0].tls', 'gateway/tls-required'],
    [
      'SIMPLE needs a certificate',
      server(secure, ', tls: {mode: SIMPLE}'),
      'spec.servers[0].tls.credentialName',
      'server-tls/certificate-required',
    ],
    [
      'MUTUAL files need a CA',
      server(secure, ', tls: {mode: MUTUAL, serverCertificate: /a, privateKey: /b}'),
      'spec.servers[0].tls.caCertificates',
      'server-tls/ca-required',
    ],
    [
      'a certificate needs its key',
      server(secure, ', tls: {mode: SIMPLE, serverCertificate: /a}'),
      'spec.servers[0].tls.privateKey',
      'server-tls/private-key',
    ],
    [
      'one source is enough',
      server(secure, ', tls: {mode: SIMPLE, credentialName: a, credentialNames: [b]}'),
      'spec.servers[0].tls.credentialNames',
      'server-tls/one-certificate',
    ],
    [
      'ISTIO_MUTUAL has its own',
      server(secure, ', tls: {mode: ISTIO_MUTUAL, credentialName: a}'),
      'spec.servers[0].tls.credentialName',
      'server-tls/istio-mutual',
    ],
    [
      'HTTP is not encrypted',
      server(plain, ', tls: {mode: SIMPLE, credentialName: a}'),
      'spec.servers[0].tls',
      'gateway/tls-on-plain-port',
    ],
  ])
  run(
    'Gateway',
    [
      [
        'passing through needs no certificate',
        server(secure, ', tls: {credentialName: a}'),
        'spec.servers[0].tls.credentialName',
        'server-tls/passthrough',
      ],
      [
        'a cipher suite is unknown',
        server(secure, ', tls: {mode: SIMPLE, credentialName: a, cipherSuites: [X]}'),
        'spec.servers[0].tls.cipherSuites[0]',
        'server-tls/cipher-suite',
      ],
    ],
    'warning',
  )
  accepts('Gateway', [
    ['a redirect to HTTPS', server(plain, ', tls: {httpsRedirect: true}')],
    ['pins of client certificates', server(secure, ', tls: {mode: MUTUAL, credentialName: a, verifyCertificateSpki: [x]}')],
    ['SIMPLE with a secret', server(secure, ', tls: {mode: SIMPLE, credentialName: a}')],
    ['a host of one namespace', `{servers: [{port: {${plain}}, hosts: [./a.com, "ns/*.b.com", 10.0.0.1]}]}`],
    ['a unix socket', '{servers: [{port: {number: 0, name: a, protocol: HTTP}, bind: "unix:///a", hosts: ["*"]}]}'],
    ['protocols in any case', server('number: 80, name: http, protocol: http')],
  ])
})

describe('PeerAuthentication', () => {
  run('PeerAuthentication', [
    ['a mode is unknown', '{mtls: {mode: STRCIT}}', 'spec.mtls.mode', 'bad-enum'],
    ['ports need a selector', '{portLevelMtls: {80: {mode: STRICT}}}', 'spec.portLevelMtls', 'peer-authentication/selector-required'],
    ['a port is bad', '{selector: {matchLabels: {a: b}}, portLevelMtls: {http: {mode: STRICT}}}', 'spec.portLevelMtls.http', 'bad-port'],
    ['no port is set', '{selector: {matchLabels: {a: b}}, portLevelMtls: {}}', 'spec.portLevelMtls', 'map-size'],
  ])
  accepts('PeerAuthentication', [
    ['numbers as keys', '{selector: {matchLabels: {a: b}}, portLevelMtls: {80: {mode: STRICT}}}'],
    ['an empty spec', '{}'],
  ])
})

describe('cases that are easily judged otherwise', () => {
  const server = (tls: string) => `{servers: [{hosts: [a.com], port: {number: 443, name: https, protocol: HTTPS}, tls: {${tls}}}]}`
  const pair = 'serverCertificate: /a, privateKey: /b'
  run('Gateway', [
    [
      'a pair has no key',
      server('mode: SIMPLE, tlsCertificates: [{serverCertificate: /a}]'),
      'spec.servers[0].tls.tlsCertificates[0].privateKey',
      'server-tls/private-key',
    ],
    [
      'a pair has no certificate',
      server('mode: SIMPLE, tlsCertificates: [{privateKey: /a}]'),
      'spec.servers[0].tls.tlsCertificates[0].serverCertificate',
      'server-tls/private-key',
    ],
    [
      'pairs need authorities',
      server(`mode: MUTUAL, tlsCertificates: [{${pair}}]`),
      'spec.servers[0].tls.caCertificates',
      'server-tls/ca-required',
    ],
  ])
  run(
    'Gateway',
    [
      [
        'a list is not read where TLS passes',
        server('mode: PASSTHROUGH, caCrl: /a'),
        'spec.servers[0].tls.caCrl',
        'server-tls/passthrough',
      ],
    ],
    'warning',
  )
  run(
    'Gateway',
    [['a list stands in the Secret', server('mode: MUTUAL, credentialName: a, caCrl: /a'), 'spec.servers[0].tls.caCrl', 'server-tls/crl']],
    'warning',
  )
  accepts('Gateway', [
    ['half a pair beside a credential', server('mode: SIMPLE, credentialName: a, serverCertificate: /a')],
    ['suites with a sign', server('mode: SIMPLE, credentialName: a, cipherSuites: ["-ECDHE-RSA-AES128-SHA"]')],
  ])
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
  const port = '{number: 0, protocol: HTTP, name: a}'
  run('Sidecar', [
    [
      'a socket is taken',
      `{egress: [{port: ${port}, bind: "unix:///s", hosts: [./*]}, {port: ${port}, bind: "unix:///s", hosts: [./*]}]}`,
      'spec.egress[1].bind',
      'sidecar/duplicate-port',
    ],
    ['a wildcard has no dot', '{egress: [{hosts: [a/*b.com]}]}', 'spec.egress[0].hosts[0]', 'bad-host'],
  ])
  run(
    'Sidecar',
    [
      [
        'everything of a namespace is meant already',
        '{egress: [{hosts: [a/*, a/b.com]}]}',
        'spec.egress[0].hosts[1]',
        'sidecar/duplicate-host',
      ],
      [
        'everything of its own namespace is meant already',
        '{egress: [{hosts: [./*, ns/b.com]}]}',
        'spec.egress[0].hosts[1]',
        'sidecar/duplicate-host',
      ],
    ],
    'warning',
  )
  run(
    'ServiceEntry',
    [
      [
        'hosts share an address',
        '{hosts: [a.com, b.com], addresses: [10.0.0.1], resolution: DNS, ports: [{number: 443, name: https, protocol: HTTPS}]}',
        'spec.addresses',
        'service-entry/shared-address',
      ],
    ],
    'warning',
  )
})
