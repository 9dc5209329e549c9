/** Names of the labels and annotations Istio's injector reads and writes, and the check of the values users give them. */
import type { ObjectIssue } from './issue.js'
import type { JsonPath } from './json.js'

export const annotation = {
  inject: 'sidecar.istio.io/inject',
  status: 'sidecar.istio.io/status',
  nativeSidecar: 'sidecar.istio.io/nativeSidecar',
  rewriteProbes: 'sidecar.istio.io/rewriteAppHTTPProbers',
  interceptionMode: 'sidecar.istio.io/interceptionMode',
  proxyImage: 'sidecar.istio.io/proxyImage',
  proxyImageType: 'sidecar.istio.io/proxyImageType',
  proxyCpu: 'sidecar.istio.io/proxyCPU',
  proxyMemory: 'sidecar.istio.io/proxyMemory',
  proxyCpuLimit: 'sidecar.istio.io/proxyCPULimit',
  proxyMemoryLimit: 'sidecar.istio.io/proxyMemoryLimit',
  logLevel: 'sidecar.istio.io/logLevel',
  componentLogLevel: 'sidecar.istio.io/componentLogLevel',
  agentLogLevel: 'sidecar.istio.io/agentLogLevel',
  bootstrapOverride: 'sidecar.istio.io/bootstrapOverride',
  capNetBindService: 'sidecar.istio.io/capNetBindService',
  userVolume: 'sidecar.istio.io/userVolume',
  userVolumeMount: 'sidecar.istio.io/userVolumeMount',
  statusPort: 'status.sidecar.istio.io/port',
  readinessInitialDelay: 'readiness.status.sidecar.istio.io/initialDelaySeconds',
  readinessPeriod: 'readiness.status.sidecar.istio.io/periodSeconds',
  readinessFailures: 'readiness.status.sidecar.istio.io/failureThreshold',
  includeOutboundIps: 'traffic.sidecar.istio.io/includeOutboundIPRanges',
  excludeOutboundIps: 'traffic.sidecar.istio.io/excludeOutboundIPRanges',
  includeOutboundPorts: 'traffic.sidecar.istio.io/includeOutboundPorts',
  excludeOutboundPorts: 'traffic.sidecar.istio.io/excludeOutboundPorts',
  includeInboundPorts: 'traffic.sidecar.istio.io/includeInboundPorts',
  excludeInboundPorts: 'traffic.sidecar.istio.io/excludeInboundPorts',
  excludeInterfaces: 'traffic.sidecar.istio.io/excludeInterfaces',
  kubevirtInterfaces: 'traffic.sidecar.istio.io/kubevirtInterfaces',
  rerouteInterfaces: 'istio.io/reroute-virtual-interfaces',
  proxyConfig: 'proxy.istio.io/config',
  proxyOverrides: 'proxy.istio.io/overrides',
  mergeMetrics: 'prometheus.istio.io/merge-metrics',
  scrapeTargets: 'prometheus.istio.io/scrape-targets',
  templates: 'inject.istio.io/templates',
  revision: 'istio.io/rev',
  defaultContainer: 'kubectl.kubernetes.io/default-container',
  defaultLogsContainer: 'kubectl.kubernetes.io/default-logs-container',
  multusNetworks: 'k8s.v1.cni.cncf.io/networks',
} as const

export const label = {
  tlsMode: 'security.istio.io/tlsMode',
  canonicalName: 'service.istio.io/canonical-name',
  canonicalRevision: 'service.istio.io/canonical-revision',
  workloadName: 'service.istio.io/workload-name',
  network: 'topology.istio.io/network',
} as const

type Check = (value: string) => string | undefined

const checks: Readonly<Record<string, Check>> = {
  [annotation.interceptionMode]: oneOf('REDIRECT', 'TPROXY', 'NONE'),
  [annotation.rewriteProbes]: checkBoolean,
  [annotation.nativeSidecar]: checkBoolean,
  [annotation.capNetBindService]: checkBoolean,
  [annotation.mergeMetrics]: checkBoolean,
  [annotation.statusPort]: checkPort,
  [annotation.readinessInitialDelay]: checkCount,
  [annotation.readinessPeriod]: checkCount,
  [annotation.readinessFailures]: checkCount,
  [annotation.includeOutboundIps]: checkRanges,
  [annotation.excludeOutboundIps]: checkRanges,
  [annotation.includeInboundPorts]: checkPortsOrAll,
  [annotation.excludeInboundPorts]: checkPorts,
  [annotation.includeOutboundPorts]: checkPorts,
  [annotation.excludeOutboundPorts]: checkPorts,
}

/** Refuses annotation values that would give the proxy a broken start, as Istio's injector does. */
export function checkAnnotations(annotations: Readonly<Record<string, string>>, path: JsonPath): ObjectIssue[] {
  const issues: ObjectIssue[] = []
  for (const [name, value] of Object.entries(annotations)) {
    const fault = Object.hasOwn(checks, name) ? checks[name]?.(value) : undefined
    if (fault !== undefined) issues.push({ path: [...path, name], message: fault })
  }
  return issues
}

/** Go's strconv.ParseBool. */
export function parseBoolean(value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false
  return undefined
}

function oneOf(...allowed: readonly string[]): Check {
  return (value) => (allowed.includes(value) ? undefined : `expected one of ${allowed.join(', ')}, found ${JSON.stringify(value)}`)
}

function checkBoolean(value: string): string | undefined {
  return parseBoolean(value) === undefined ? `expected "true" or "false", found ${JSON.stringify(value)}` : undefined
}

function checkPort(value: string): string | undefined {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? undefined : `expected a port from 0 to 65535, found ${JSON.stringify(value)}`
}

function checkCount(value: string): string | undefined {
  return /^\d{1,9}$/.test(value) ? undefined : `expected a whole number, found ${JSON.stringify(value)}`
}

function checkPorts(value: string): string | undefined {
  const bad = splitList(value).find((port) => checkPort(port) !== undefined)
  return bad === undefined ? undefined : `expected ports separated by commas, found ${JSON.stringify(bad)}`
}

function checkPortsOrAll(value: string): string | undefined {
  return value === '*' ? undefined : checkPorts(value)
}

function checkRanges(value: string): string | undefined {
  if (value === '*') return undefined
  const bad = splitList(value).find((range) => !isCidr(range))
  return bad === undefined ? undefined : `expected address ranges such as 10.0.0.0/8 separated by commas, found ${JSON.stringify(bad)}`
}

function isCidr(range: string): boolean {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(range)
  if (!match) return false
  const [, address = '', bits] = match
  if (address.includes(':')) return Number(bits) <= 128
  return Number(bits) <= 32 && /^(\d{1,3}\.){3}\d{1,3}$/.test(address) && address.split('.').every((part) => Number(part) <= 255)
}

/** The items of a comma-separated list; an empty text has none. */
export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
