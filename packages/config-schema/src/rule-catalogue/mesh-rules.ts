/** Rules of Istio's other networking kinds, with an example each that breaks the rule. */
import type { RuleRow } from './rule-row.js'

const server = (port: string, rest = ''): string => `{servers: [{port: {${port}}, hosts: ["*"]${rest}}]}`
const plain = 'number: 80, name: http, protocol: HTTP'
const secure = 'number: 443, name: https, protocol: HTTPS'
const tls = (text: string): string => server(secure, `, tls: {${text}}`)

export const gatewayRules: readonly RuleRow[] = [
  ['gateway/servers-required', 'Gateway', '{selector: {istio: ingressgateway}}', ''],
  ['gateway/hosts-required', 'Gateway', `{servers: [{port: {${plain}}, hosts: []}]}`, ''],
  ['gateway/duplicate-port-name', 'Gateway', `{servers: [{port: {${plain}}, hosts: ["*"]}, {port: {${plain}}, hosts: ["*"]}]}`, ''],
  ['gateway/target-port', 'Gateway', server(`${plain}, targetPort: 8080`), ''],
  ['gateway/tls-required', 'Gateway', server(secure), ''],
  ['gateway/tls-on-plain-port', 'Gateway', server(plain, ', tls: {mode: SIMPLE, credentialName: a}'), ''],
  ['gateway/https-redirect', 'Gateway', tls('httpsRedirect: true, mode: SIMPLE, credentialName: a'), ''],
  ['server-tls/certificate-required', 'Gateway', tls('mode: SIMPLE'), ''],
  ['server-tls/one-certificate', 'Gateway', tls('mode: SIMPLE, credentialName: a, credentialNames: [b]'), ''],
  ['server-tls/private-key', 'Gateway', tls('mode: SIMPLE, serverCertificate: /a'), ''],
  ['server-tls/ca-required', 'Gateway', tls('mode: MUTUAL, serverCertificate: /a, privateKey: /b'), ''],
  ['server-tls/istio-mutual', 'Gateway', tls('mode: ISTIO_MUTUAL, credentialName: a'), ''],
  ['server-tls/crl', 'Gateway', tls('mode: SIMPLE, serverCertificate: /a, privateKey: /b, caCrl: /c'), ''],
  ['server-tls/passthrough', 'Gateway', tls('credentialName: a'), 'The mode that holds when none is set is PASSTHROUGH.'],
  ['server-tls/old-version', 'Gateway', tls('mode: SIMPLE, credentialName: a, minProtocolVersion: TLSV1_0'), ''],
  ['server-tls/cipher-suite', 'Gateway', tls('mode: SIMPLE, credentialName: a, cipherSuites: [FAST]'), ''],
]

const http = 'ports: [{number: 80, name: http, protocol: HTTP}]'

export const serviceEntryRules: readonly RuleRow[] = [
  ['service-entry/wildcard-host', 'ServiceEntry', '{hosts: ["*"]}', ''],
  ['service-entry/partial-wildcard', 'ServiceEntry', '{hosts: ["*a.com"]}', ''],
  ['service-entry/range-resolution', 'ServiceEntry', '{hosts: [a.com], addresses: [10.0.0.0/8], resolution: DNS}', ''],
  ['service-entry/duplicate-port', 'ServiceEntry', '{hosts: [a.com], ports: [{number: 80, name: a}, {number: 80, name: b}]}', ''],
  [
    'service-entry/endpoints-or-selector',
    'ServiceEntry',
    '{hosts: [a.com], resolution: STATIC, endpoints: [{address: 1.2.3.4}], workloadSelector: {labels: {a: b}}}',
    '',
  ],
  [
    'service-entry/many-hosts',
    'ServiceEntry',
    '{hosts: [a.com, b.com], resolution: DNS, ports: [{number: 1, name: tcp, protocol: TCP}]}',
    '',
  ],
  [
    'service-entry/address-needed',
    'text',
    'apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a, labels: {networking.istio.io/enable-autoallocate-ip: "false"}}\nspec: {hosts: [a.com], ports: [{number: 1, name: tcp, protocol: TCP}]}\n',
    '',
  ],
  [
    'service-entry/endpoint-port',
    'ServiceEntry',
    `{hosts: [a.com], ${http}, resolution: STATIC, endpoints: [{address: 1.2.3.4, ports: {web: 80}}]}`,
    '',
  ],
  ['service-entry/static-address', 'ServiceEntry', `{hosts: [a.com], ${http}, resolution: STATIC, endpoints: [{address: b.com}]}`, ''],
  ['service-entry/dns-address', 'ServiceEntry', `{hosts: [a.com], ${http}, resolution: DNS, endpoints: [{address: "unix:///a"}]}`, ''],
  [
    'service-entry/none-endpoints',
    'ServiceEntry',
    '{hosts: [a.com], endpoints: [{address: 1.2.3.4}]}',
    'The resolution that holds when none is set is NONE.',
  ],
  ['service-entry/none-selector', 'ServiceEntry', '{hosts: [a.com], workloadSelector: {labels: {a: b}}}', ''],
  ['service-entry/no-endpoints', 'ServiceEntry', `{hosts: [a.com], ${http}, resolution: STATIC}`, ''],
  ['service-entry/unix-port', 'ServiceEntry', '{hosts: [a.com], resolution: STATIC, endpoints: [{address: "unix:///a"}]}', ''],
  ['service-entry/dns-host', 'ServiceEntry', `{hosts: ["*.a.com"], ${http}, resolution: DNS}`, ''],
  [
    'service-entry/round-robin-endpoints',
    'ServiceEntry',
    '{hosts: [a.com], resolution: DNS_ROUND_ROBIN, endpoints: [{address: b.com}, {address: c.com}]}',
    '',
  ],
  [
    'service-entry/shared-address',
    'ServiceEntry',
    '{hosts: [a.com, b.com], addresses: [1.2.3.4], resolution: DNS, ports: [{number: 1, name: tcp, protocol: TCP}]}',
    '',
  ],
  ['service-entry/dynamic-host', 'ServiceEntry', `{hosts: [a.com], ${http}, resolution: DYNAMIC_DNS}`, ''],
  ['service-entry/dynamic-fields', 'ServiceEntry', `{hosts: ["*.a.com"], ${http}, addresses: [1.2.3.4], resolution: DYNAMIC_DNS}`, ''],
  [
    'service-entry/dynamic-protocol',
    'ServiceEntry',
    '{hosts: ["*.a.com"], ports: [{number: 1, name: tcp, protocol: TCP}], resolution: DYNAMIC_DNS}',
    '',
  ],
]

export const workloadRules: readonly RuleRow[] = [
  ['workload-entry/no-address', 'WorkloadEntry', '{network: vm}', ''],
  ['workload-entry/unix-ports', 'WorkloadEntry', '{address: "unix:///a", ports: {http: 80}}', ''],
  ['workload-group/probe-handler', 'WorkloadGroup', '{template: {serviceAccount: a}, probe: {periodSeconds: 1}}', ''],
]

const ingress = (text: string): string =>
  `{ingress: [{port: {number: 9080, protocol: HTTP, name: a}, defaultEndpoint: "127.0.0.1:8080"${text}}]}`
const ingressTls = (text: string): string =>
  `{ingress: [{port: {number: 9443, protocol: HTTPS, name: a}, tls: {mode: SIMPLE, serverCertificate: /a, privateKey: /b${text}}}]}`

export const sidecarRules: readonly RuleRow[] = [
  ['sidecar/empty', 'Sidecar', '{}', ''],
  ['sidecar/host', 'Sidecar', '{egress: [{hosts: [reviews.prod.svc.cluster.local]}]}', ''],
  ['sidecar/hosts-required', 'Sidecar', '{egress: [{hosts: []}]}', ''],
  ['sidecar/duplicate-host', 'Sidecar', '{egress: [{hosts: [./*, ./*]}]}', ''],
  ['sidecar/all-hosts', 'Sidecar', '{egress: [{hosts: ["*/*", ./*]}]}', ''],
  ['sidecar/port-required', 'Sidecar', '{egress: [{hosts: [./*]}, {port: {number: 80, protocol: HTTP, name: a}, hosts: [./*]}]}', ''],
  [
    'sidecar/duplicate-port',
    'Sidecar',
    '{ingress: [{port: {number: 80, protocol: HTTP, name: a}}, {port: {number: 80, protocol: HTTP, name: b}}]}',
    '',
  ],
  ['sidecar/bind-without-port', 'Sidecar', '{egress: [{bind: 127.0.0.1, hosts: [./*]}]}', ''],
  [
    'sidecar/capture-mode',
    'Sidecar',
    '{egress: [{port: {number: 0, protocol: HTTP, name: a}, bind: "unix:///a", captureMode: IPTABLES, hosts: [./*]}]}',
    '',
  ],
  ['sidecar/tls-protocol', 'Sidecar', ingress(', tls: {mode: SIMPLE, serverCertificate: /a, privateKey: /b}'), ''],
  ['sidecar/tls-field', 'Sidecar', ingressTls(', subjectAltNames: [a]'), ''],
  ['sidecar/tls-mode', 'Sidecar', '{ingress: [{port: {number: 9443, protocol: TLS, name: a}, tls: {mode: ISTIO_MUTUAL}}]}', ''],
  ['sidecar/http-pool', 'Sidecar', '{ingress: [{port: {number: 1, protocol: TCP, name: a}, connectionPool: {http: {maxRetries: 1}}}]}', ''],
  ['sidecar/policy-mode', 'Sidecar', '{outboundTrafficPolicy: {}}', ''],
  ['sidecar/egress-proxy', 'Sidecar', '{outboundTrafficPolicy: {mode: REGISTRY_ONLY, egressProxy: {host: a.com, port: {number: 80}}}}', ''],
]

const patch = (text: string): string => `{configPatches: [{applyTo: HTTP_FILTER, patch: {operation: MERGE, value: {}}, ${text}}]}`

export const envoyFilterRules: readonly RuleRow[] = [
  ['envoy-filter/internal', 'EnvoyFilter', '{configPatches: []}', ''],
  ['envoy-filter/apply-to', 'EnvoyFilter', '{configPatches: [{patch: {operation: REMOVE}}]}', ''],
  ['envoy-filter/patch-required', 'EnvoyFilter', '{configPatches: [{applyTo: CLUSTER}]}', ''],
  ['envoy-filter/operation', 'EnvoyFilter', '{configPatches: [{applyTo: CLUSTER, patch: {value: {}}}]}', ''],
  ['envoy-filter/value', 'EnvoyFilter', '{configPatches: [{applyTo: CLUSTER, patch: {operation: ADD}}]}', ''],
  [
    'envoy-filter/type',
    'EnvoyFilter',
    '{configPatches: [{applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST, value: {name: a, typed_config: {}}}}]}',
    '',
  ],
  ['envoy-filter/match', 'EnvoyFilter', patch('match: {cluster: {name: a}}'), ''],
  ['envoy-filter/waypoint', 'EnvoyFilter', patch('match: {context: GATEWAY, waypoint: {portNumber: 80}}'), ''],
  [
    'envoy-filter/sub-filter',
    'EnvoyFilter',
    patch('match: {listener: {filterChain: {filter: {name: envoy.filters.network.tcp_proxy, subFilter: {name: a}}}}}'),
    '',
  ],
  ['envoy-filter/long-version', 'EnvoyFilter', patch(`match: {proxy: {proxyVersion: "${'1'.repeat(1100)}"}}`), ''],
]

export const meshConfigRules: readonly RuleRow[] = [
  ['mesh-config/address', 'IstioOperator', '{meshConfig: {defaultConfig: {discoveryAddress: istiod}}}', ''],
  ['mesh-config/connect-timeout', 'IstioOperator', '{meshConfig: {connectTimeout: 2h}}', ''],
  ['mesh-config/ecdh-curve', 'IstioOperator', '{meshConfig: {meshMTLS: {ecdhCurves: [P-1]}}}', ''],
  ['mesh-config/trust-domain', 'IstioOperator', '{meshConfig: {trustDomain: a b}}', ''],
]
