/** The annotations of Istio: on which kinds they stand, and whether they are experimental or given up. Facts of istio/api's annotations.yaml. */

export interface AnnotationFact {
  readonly kinds: readonly string[]
  readonly isAlpha: boolean
  readonly isDeprecated: boolean
  /** What to use instead of a deprecated one. */
  readonly instead?: string
  /** What is wrong with a value. */
  readonly check?: (value: string) => string | undefined
}

const uint = (value: string): string | undefined => (/^\d{1,10}$/.test(value) ? undefined : 'expected a whole number')
const flag = (value: string): string | undefined => (/^(?:true|false|1|0|t|f)$/i.test(value) ? undefined : 'expected true or false')
const quantity = (value: string): string | undefined =>
  /^\d+(?:\.\d+)?(?:[numkMGTPE]|[KMGTPE]i|e\d+)?$/.test(value) ? undefined : 'expected a quantity such as 100m or 128Mi'
const list = (value: string): readonly string[] => value.split(',').map((entry) => entry.trim())
const range = /^(?:\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?|[\da-fA-F:]*:[\da-fA-F:.]*(?:\/\d{1,3})?)$/
const port = (entry: string): boolean => /^\d{1,5}$/.test(entry) && Number(entry) >= 1 && Number(entry) <= 65_535
const ports = (value: string): string | undefined =>
  value === '' || list(value).every(port) ? undefined : 'expected port numbers with commas between them'
const portsOrAll = (value: string): string | undefined => (value === '*' ? undefined : ports(value))
const ranges = (value: string): string | undefined =>
  value === '' || list(value).every((entry) => range.test(entry))
    ? undefined
    : 'expected ranges such as 10.0.0.0/8 with commas between them'
const rangesOrAll = (value: string): string | undefined => (value === '*' ? undefined : ranges(value))
const mode = (value: string): string | undefined =>
  /^(?:REDIRECT|TPROXY|NONE)$/.test(value) ? undefined : 'expected REDIRECT, TPROXY or NONE'

const checks: Readonly<Record<string, (value: string) => string | undefined>> = {
  'sidecar.istio.io/inject': flag,
  'sidecar.istio.io/proxyCPU': quantity,
  'sidecar.istio.io/proxyCPULimit': quantity,
  'sidecar.istio.io/proxyMemory': quantity,
  'sidecar.istio.io/proxyMemoryLimit': quantity,
  'sidecar.istio.io/interceptionMode': mode,
  'status.sidecar.istio.io/port': uint,
  'readiness.status.sidecar.istio.io/initialDelaySeconds': uint,
  'readiness.status.sidecar.istio.io/periodSeconds': uint,
  'readiness.status.sidecar.istio.io/failureThreshold': uint,
  'readiness.status.sidecar.istio.io/applicationPorts': ports,
  'traffic.sidecar.istio.io/includeOutboundIPRanges': rangesOrAll,
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': ranges,
  'traffic.sidecar.istio.io/includeInboundPorts': portsOrAll,
  'traffic.sidecar.istio.io/excludeInboundPorts': ports,
  'traffic.sidecar.istio.io/includeOutboundPorts': portsOrAll,
  'traffic.sidecar.istio.io/excludeOutboundPorts': ports,
  'prometheus.istio.io/merge-metrics': flag,
}

/** Flags: `a` alpha, `d` deprecated. */
type Row = readonly [name: string, flags: string, instead?: string]

const rows: Readonly<Record<string, readonly Row[]>> = {
  Pod: [
    ['alpha.istio.io/identity', 'ad'],
    ['ambient.istio.io/redirection', 'a'],
    ['ambient.istio.io/dns-capture', 'a'],
    ['inject.istio.io/templates', 'a'],
    ['istio.io/reroute-virtual-interfaces', 'a'],
    ['istio.io/rev', 'a'],
    ['prometheus.istio.io/merge-metrics', 'a'],
    ['proxy.istio.io/config', ''],
    ['proxy.istio.io/overrides', 'a'],
    ['readiness.status.sidecar.istio.io/applicationPorts', 'a'],
    ['readiness.status.sidecar.istio.io/failureThreshold', 'a'],
    ['readiness.status.sidecar.istio.io/initialDelaySeconds', 'a'],
    ['readiness.status.sidecar.istio.io/periodSeconds', 'a'],
    ['sidecar.istio.io/agentLogLevel', 'a'],
    ['sidecar.istio.io/bootstrapOverride', 'a'],
    ['sidecar.istio.io/componentLogLevel', 'a'],
    ['sidecar.istio.io/controlPlaneAuthPolicy', 'd'],
    ['sidecar.istio.io/discoveryAddress', 'ad'],
    ['sidecar.istio.io/enableCoreDump', 'ad'],
    ['sidecar.istio.io/extraStatTags', 'a'],
    ['sidecar.istio.io/inject', 'd', 'the label of the same name'],
    ['sidecar.istio.io/interceptionMode', 'a'],
    ['sidecar.istio.io/logLevel', 'a'],
    ['sidecar.istio.io/nativeSidecar', 'a'],
    ['sidecar.istio.io/proxyCPU', 'a'],
    ['sidecar.istio.io/proxyCPULimit', 'a'],
    ['sidecar.istio.io/proxyImage', 'a'],
    ['sidecar.istio.io/proxyImageType', 'a'],
    ['sidecar.istio.io/proxyMemory', 'a'],
    ['sidecar.istio.io/proxyMemoryLimit', ''],
    ['sidecar.istio.io/rewriteAppHTTPProbers', 'a'],
    ['sidecar.istio.io/statsCompression', 'a'],
    ['sidecar.istio.io/statsEvictionInterval', 'a'],
    ['sidecar.istio.io/statsFlushInterval', 'a'],
    ['sidecar.istio.io/statsHistogramBuckets', 'a'],
    ['sidecar.istio.io/statsInclusionPrefixes', 'ad', 'proxyStatsMatcher in proxy.istio.io/config'],
    ['sidecar.istio.io/statsInclusionRegexps', 'ad', 'proxyStatsMatcher in proxy.istio.io/config'],
    ['sidecar.istio.io/statsInclusionSuffixes', 'ad', 'proxyStatsMatcher in proxy.istio.io/config'],
    ['sidecar.istio.io/status', 'a'],
    ['sidecar.istio.io/userVolume', 'a'],
    ['sidecar.istio.io/userVolumeMount', ''],
    ['status.sidecar.istio.io/port', 'a'],
    ['traffic.sidecar.istio.io/excludeInboundPorts', 'a'],
    ['traffic.sidecar.istio.io/excludeInterfaces', 'a'],
    ['traffic.sidecar.istio.io/excludeOutboundIPRanges', 'a'],
    ['traffic.sidecar.istio.io/excludeOutboundPorts', 'a'],
    ['traffic.sidecar.istio.io/includeInboundPorts', ''],
    ['traffic.sidecar.istio.io/includeOutboundIPRanges', 'a'],
    ['traffic.sidecar.istio.io/includeOutboundPorts', 'a'],
    ['traffic.sidecar.istio.io/kubevirtInterfaces', 'ad', 'istio.io/reroute-virtual-interfaces'],
  ],
  Service: [
    ['alpha.istio.io/canonical-serviceaccounts', 'ad'],
    ['alpha.istio.io/kubernetes-serviceaccounts', 'ad'],
    ['ambient.istio.io/waypoint-inbound-binding', 'a'],
    ['networking.istio.io/exportTo', 'a'],
    ['networking.istio.io/traffic-distribution', 'a'],
    ['traffic.istio.io/nodeSelector', ''],
  ],
  Ingress: [['kubernetes.io/ingress.class', '']],
  AuthorizationPolicy: [['istio.io/dry-run', 'a']],
  WorkloadEntry: [
    ['istio.io/autoRegistrationGroup', 'a'],
    ['istio.io/connectedAt', 'a'],
    ['istio.io/disconnectedAt', 'a'],
    ['istio.io/workloadController', 'a'],
  ],
  Gateway: [
    ['gateway.istio.io/controller-version', 'a'],
    ['gateway.istio.io/name-override', 'a'],
    ['gateway.istio.io/service-account', 'a'],
    ['gateway.istio.io/tls-terminate-mode', 'a'],
    ['networking.istio.io/service-type', ''],
    ['networking.istio.io/address-type', 'a'],
  ],
  Namespace: [['topology.istio.io/controlPlaneClusters', 'a']],
  Any: [
    ['galley.istio.io/analyze-suppress', ''],
    ['install.operator.istio.io/chart-owner', ''],
    ['install.operator.istio.io/owner-generation', ''],
    ['install.operator.istio.io/version', ''],
    ['istio.io/description', ''],
  ],
}

/** Also on these, besides the kind under which they stand above. */
const moreKinds: Readonly<Record<string, readonly string[]>> = {
  'networking.istio.io/traffic-distribution': ['ServiceEntry', 'Namespace'],
  'alpha.istio.io/canonical-serviceaccounts': ['ServiceEntry'],
  'networking.istio.io/exportTo': ['ServiceEntry'],
  'ambient.istio.io/waypoint-inbound-binding': ['GatewayClass', 'Gateway'],
}

/** Annotation -> what is known of it. */
export const annotationTable: ReadonlyMap<string, AnnotationFact> = new Map(
  Object.entries(rows).flatMap(([kind, list]) => list.map(([name, flags, instead]) => [name, fact(kind, name, flags, instead)] as const)),
)

function fact(kind: string, name: string, flags: string, instead: string | undefined): AnnotationFact {
  const check = checks[name]
  return {
    kinds: [kind, ...(moreKinds[name] ?? [])],
    isAlpha: flags.includes('a'),
    isDeprecated: flags.includes('d'),
    ...(instead === undefined ? {} : { instead }),
    ...(check === undefined ? {} : { check }),
  }
}
