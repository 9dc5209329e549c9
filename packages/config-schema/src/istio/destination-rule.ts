/** networking.istio.io DestinationRule: what happens to traffic once its destination is chosen. One schema for all served versions. */
import {
  count32,
  decimal,
  described,
  describedWords,
  duration,
  flag,
  int32,
  integer,
  list,
  map,
  object,
  oneWord,
  port,
  required,
  text,
  uint32,
  type ObjectType,
} from '../model/field-type.js'
import { connectionPoolSettings } from './connection-pool.js'
import { exportTo, optionalFlag, portSelector, workloadSelector } from './shared.js'
import { clientTlsSettings } from './tls.js'

const cookieAttribute = object('HTTPCookieAttribute', { name: required(text()), value: text() })
const httpCookie = object('HTTPCookie', {
  name: required(text()),
  path: text(),
  ttl: text('duration-or-zero'),
  attributes: list(cookieAttribute),
})

const consistentHash = object(
  'ConsistentHash',
  {
    httpHeaderName: text(),
    httpCookie,
    useSourceIp: flag,
    httpQueryParameterName: text(),
    ringHash: object('RingHash', { minimumRingSize: { type: integer(0, Number.MAX_SAFE_INTEGER), default: 1024 } }),
    maglev: object('MagLev', { tableSize: { type: integer(0, Number.MAX_SAFE_INTEGER), default: 65_537 } }),
    minimumRingSize: { type: integer(0, Number.MAX_SAFE_INTEGER), deprecated: 'ringHash.minimumRingSize' },
  },
  { oneOf: [{ fields: ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'] }, { fields: ['ringHash', 'maglev'] }] },
)

const failover = object('LocalityFailover', { from: text(), to: text() })
const distribute = object('LocalityDistribute', { from: text(), to: map(uint32) })

export const localityLbSetting: ObjectType = object('LocalityLoadBalancerSetting', {
  distribute: list(distribute),
  failover: list(failover),
  failoverPriority: list(text()),
  enabled: optionalFlag,
})

const zoneAwareLbSetting = object('ZoneAwareLoadBalancerSetting', {
  enabled: optionalFlag,
  failover: list(failover),
  failoverPriority: list(text()),
  minClusterSize: { type: integer(1, 4_294_967_295), isNullable: true, default: 6 },
})

const warmup = object('WarmupConfiguration', {
  duration: required(duration),
  minimumPercent: { type: decimal({ min: 0, max: 100 }), isNullable: true, default: 10 },
  aggression: { type: decimal({ min: 0, exclusiveMin: true }), isNullable: true, default: 1 },
})

const backendUtilization = object('BackendUtilization', {
  weightExpirationPeriod: duration,
  weightStabilizationPeriod: duration,
  weightUpdatePeriod: duration,
  errorUtilizationPenaltyPercent: uint32,
  metricNamesForComputingUtilization: list(text()),
})

const loadBalancerSettings = object(
  'LoadBalancerSettings',
  {
    simple: {
      type: describedWords({
        UNSPECIFIED: 'The default.',
        LEAST_CONN: 'The old name of LEAST_REQUEST.',
        RANDOM: 'Any healthy endpoint.',
        PASSTHROUGH: 'The address that the client asked for; no balancing.',
        ROUND_ROBIN: 'One endpoint after the other.',
        LEAST_REQUEST: 'Of two random endpoints the one with fewer requests under way.',
      }),
      default: 'LEAST_REQUEST',
      doc: 'LEAST_CONN is the old name of LEAST_REQUEST.',
    },
    consistentHash: described(consistentHash, 'Session affinity: equal keys go to one endpoint.'),
    backendUtilization,
    localityLbSetting,
    zoneAwareLbSetting,
    warmupDurationSecs: { type: duration, deprecated: 'warmup.duration' },
    warmup: described(warmup, 'Slow start of new endpoints.'),
  },
  { oneOf: [{ fields: ['simple', 'consistentHash', 'backendUtilization'] }] },
)

export const outlierDetection: ObjectType = object('OutlierDetection', {
  consecutiveErrors: { type: int32, deprecated: 'consecutive5xxErrors' },
  splitExternalLocalOriginErrors: flag,
  consecutiveLocalOriginFailures: { type: uint32, isNullable: true },
  consecutiveGatewayErrors: { type: uint32, isNullable: true },
  consecutive5xxErrors: { type: uint32, isNullable: true, default: 5 },
  interval: { type: duration, default: '10s' },
  baseEjectionTime: { type: duration, default: '30s' },
  maxEjectionPercent: { type: int32, default: 10 },
  minHealthPercent: { type: int32, default: 0 },
  outlierDetectionHttpErrorCodes: list(integer(100, 599)),
})

const perPort = { loadBalancer: loadBalancerSettings, connectionPool: connectionPoolSettings, outlierDetection, tls: clientTlsSettings }

const portTrafficPolicy = object(
  'PortTrafficPolicy',
  { port: portSelector, ...perPort },
  { doc: 'Replaces the settings of the whole policy for its port; nothing is merged.' },
)

const tunnelSettings = object('TunnelSettings', {
  protocol: { type: text(), default: 'CONNECT' },
  targetHost: required(text()),
  targetPort: required(port),
})

const trafficPolicy = object('TrafficPolicy', {
  ...perPort,
  portLevelSettings: list(portTrafficPolicy, { maxItems: 4096 }),
  tunnel: tunnelSettings,
  proxyProtocol: object('ProxyProtocol', { version: { type: oneWord('V1', 'V2'), default: 'V1' } }),
  retryBudget: object('RetryBudget', {
    percent: { type: decimal({ min: 0, max: 100 }), isNullable: true, default: 20 },
    minRetryConcurrency: { type: count32, default: 3 },
    budgetInterval: text('duration-or-zero'),
  }),
})

const subset = object('Subset', {
  name: required(text('dns-label'), 'What routes refer to.'),
  labels: described(map(text('label-value'), { keys: 'label-key' }), 'Labels of the Pods that belong to it.'),
  trafficPolicy,
})

export const destinationRuleSpec: ObjectType = object(
  'DestinationRuleSpec',
  {
    host: required(text('wildcard-host'), 'The service these settings are for.'),
    trafficPolicy,
    subsets: described(list(subset), 'Named groups of endpoints, such as versions.'),
    exportTo,
    workloadSelector,
  },
  { doc: 'What happens to traffic once its destination is chosen.' },
)
