import { describe } from 'vitest'
import { accepts, run } from './rule-cases.js'

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
