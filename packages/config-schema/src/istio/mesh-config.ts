/** MeshConfig (ConfigMap `istio`, key `mesh`): the settings of the whole mesh. No resource of its own, so it has no apiVersion. */
import {
  anything,
  described,
  duration,
  flag,
  int32,
  list,
  map,
  object,
  oneWord,
  required,
  text,
  uint32,
  type Field,
  type ObjectType,
} from '../model/field-type.js'
import { connectionPoolSettings } from './connection-pool.js'
import { localityLbSetting, outlierDetection } from './destination-rule.js'
import { optionalFlag } from './shared.js'
import { httpRetry } from './virtual-service.js'

/** Providers are known by their names; their own settings are not looked into. */
const providerNames = [
  'envoyExtAuthzHttp',
  'envoyExtAuthzGrpc',
  'zipkin',
  'lightstep',
  'datadog',
  'stackdriver',
  'opencensus',
  'skywalking',
  'opentelemetry',
  'prometheus',
  'envoyFileAccessLog',
  'envoyHttpAls',
  'envoyTcpAls',
  'envoyOtelAls',
  'sds',
] as const

const opaque = map(anything)

const extensionProvider = object(
  'MeshExtensionProvider',
  {
    name: required(text(), 'What Telemetry and AuthorizationPolicy refer to.'),
    ...Object.fromEntries(providerNames.map((name) => [name, opaque])),
  },
  { oneOf: [{ fields: providerNames, isRequired: true }] },
)

const tracing = object('MeshTracing', {
  zipkin: object('MeshZipkinTracing', { address: text() }),
  lightstep: opaque,
  datadog: opaque,
  stackdriver: opaque,
  openCensusAgent: opaque,
  customTags: opaque,
  maxPathTagLength: uint32,
  sampling: { kind: 'number', min: 0, max: 100 },
  tlsSettings: opaque,
  enableIstioTags: optionalFlag,
})

/** `proxy.istio.io/config` and `defaultConfig`: the settings of one proxy. */
export const meshProxyConfig: ObjectType = object(
  'MeshProxyConfig',
  {
    configPath: text(),
    binaryPath: text(),
    serviceCluster: text(),
    tracingServiceName: oneWord('APP_LABEL_AND_NAMESPACE', 'CANONICAL_NAME_ONLY', 'CANONICAL_NAME_AND_NAMESPACE'),
    drainDuration: { type: duration, default: '45s' },
    terminationDrainDuration: { type: duration, default: '5s' },
    discoveryAddress: { type: text(), default: 'istiod.istio-system.svc:15012' },
    discoveryRefreshDelay: duration,
    zipkinAddress: { type: text(), deprecated: 'tracing.zipkin.address' },
    statsdUdpAddress: text(),
    proxyAdminPort: { type: int32, default: 15_000 },
    controlPlaneAuthPolicy: oneWord('NONE', 'MUTUAL_TLS', 'INHERIT'),
    customConfigFile: text(),
    statNameLength: { type: int32, default: 189 },
    concurrency: { type: int32, isNullable: true },
    proxyBootstrapTemplatePath: text(),
    interceptionMode: { type: oneWord('REDIRECT', 'TPROXY', 'NONE'), default: 'REDIRECT' },
    tracing,
    sds: opaque,
    envoyAccessLogService: opaque,
    envoyMetricsService: opaque,
    proxyMetadata: map(text()),
    runtimeValues: map(text()),
    statusPort: { type: int32, default: 15_020 },
    extraStatTags: list(text()),
    gatewayTopology: opaque,
    meshId: text(),
    readinessProbe: opaque,
    proxyStatsMatcher: object('ProxyStatsMatcher', {
      inclusionPrefixes: list(text()),
      inclusionSuffixes: list(text()),
      inclusionRegexps: list(text()),
    }),
    holdApplicationUntilProxyStarts: optionalFlag,
    caCertificatesPem: list(text()),
    image: opaque,
    privateKeyProvider: opaque,
    proxyHeaders: opaque,
    fileFlushInterval: duration,
    fileFlushMinSizeKb: uint32,
    statsCompression: optionalFlag,
    connectionSettings: opaque,
  },
  { doc: 'Settings of proxies.' },
)

const exportTo: Field = described(list(text()), '"*", "." or names of namespaces.')
const providers = list(text())

export const meshConfigType: ObjectType = object(
  'MeshConfig',
  {
    proxyListenPort: { type: int32, default: 15_001 },
    proxyInboundListenPort: { type: int32, default: 15_006 },
    proxyHttpPort: int32,
    connectTimeout: { type: duration, default: '10s' },
    protocolDetectionTimeout: { type: text('duration-or-zero'), default: '0s' },
    tcpKeepalive: opaque,
    ingressClass: { type: text(), default: 'istio' },
    ingressService: { type: text(), default: 'istio-ingressgateway' },
    ingressControllerMode: { type: oneWord('UNSPECIFIED', 'OFF', 'DEFAULT', 'STRICT'), default: 'STRICT' },
    ingressSelector: text(),
    enableTracing: { type: flag, default: true },
    accessLogFile: described(text(), '/dev/stdout prints access logs; empty turns them off.'),
    accessLogFormat: text(),
    accessLogEncoding: { type: oneWord('TEXT', 'JSON'), default: 'TEXT' },
    enableEnvoyAccessLogService: flag,
    disableEnvoyListenerLog: flag,
    defaultConfig: meshProxyConfig,
    outboundTrafficPolicy: object('MeshOutboundTrafficPolicy', {
      mode: { type: oneWord('REGISTRY_ONLY', 'ALLOW_ANY', 'ALLOW_ANY_DYNAMIC_DNS'), default: 'ALLOW_ANY' },
    }),
    inboundTrafficPolicy: object('MeshInboundTrafficPolicy', {
      mode: { type: oneWord('PASSTHROUGH', 'LOCALHOST'), default: 'PASSTHROUGH' },
    }),
    configSources: list(opaque),
    enableAutoMtls: { ...optionalFlag, default: true },
    trustDomain: { type: text(), default: 'cluster.local' },
    trustDomainAliases: list(text()),
    caCertificates: list(opaque),
    rootNamespace: { type: text('dns-label'), default: 'istio-system' },
    defaultServiceExportTo: exportTo,
    defaultVirtualServiceExportTo: exportTo,
    defaultDestinationRuleExportTo: exportTo,
    localityLbSetting,
    dnsRefreshRate: { type: duration, default: '60s' },
    h2UpgradePolicy: oneWord('DO_NOT_UPGRADE', 'UPGRADE'),
    inboundClusterStatName: text(),
    outboundClusterStatName: text(),
    certificates: list(opaque),
    thriftConfig: opaque,
    serviceSettings: list(opaque),
    serviceScopeConfigs: list(opaque),
    enablePrometheusMerge: { ...optionalFlag, default: true },
    verifyCertificateAtClient: optionalFlag,
    ca: opaque,
    extensionProviders: list(extensionProvider),
    defaultProviders: object('MeshDefaultProviders', { tracing: providers, metrics: providers, accessLogging: providers }),
    discoverySelectors: list(opaque),
    pathNormalization: object('MeshPathNormalization', {
      normalization: oneWord('DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'),
    }),
    defaultHttpRetryPolicy: httpRetry,
    defaultInboundHttpRetryPolicy: httpRetry,
    defaultTrafficPolicy: object('MeshDefaultTrafficPolicy', { connectionPool: connectionPoolSettings, outlierDetection }),
    meshMTLS: object('MeshMtls', {
      minProtocolVersion: oneWord('TLS_AUTO', 'TLSV1_2', 'TLSV1_3'),
      ecdhCurves: list(text()),
      cipherSuites: list(text()),
    }),
    tlsDefaults: object('MeshTlsDefaults', {
      minProtocolVersion: oneWord('TLS_AUTO', 'TLSV1_2', 'TLSV1_3'),
      ecdhCurves: list(text()),
      cipherSuites: list(text()),
    }),
  },
  { doc: 'Settings of the whole mesh.' },
)
