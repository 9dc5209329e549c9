/** The ProxyConfig of one Pod: the mesh's with the Pod's annotation `proxy.istio.io/config` (YAML) merged over it, as PROXY_CONFIG carries it to the proxy. */
import { parseDocument } from 'yaml'
import { annotation, label } from './annotations.js'
import { describeType, isJsonObject, toText, type JsonObject, type JsonPath, type JsonValue } from './json.js'
import type { ObjectIssue } from './issue.js'
import type { Pod } from './pod-spec.js'
import { defaultDiscoveryAddress, type ResolvedSettings } from './settings.js'

export type InterceptionMode = 'REDIRECT' | 'TPROXY' | 'NONE'

export interface PodProxyConfig {
  /** What PROXY_CONFIG says: only values that differ from Istio's defaults. */
  readonly json: JsonObject
  readonly interceptionMode: InterceptionMode
  readonly holdApplicationUntilProxyStarts: boolean
  /** Environment for the proxy and for istio-init, sorted by name. */
  readonly metadata: readonly (readonly [name: string, value: string])[]
  readonly imageType: string | undefined
}

export type ProxyConfigResult =
  | { readonly ok: true; readonly config: PodProxyConfig; readonly unknown: readonly string[] }
  | { readonly ok: false; readonly issue: ObjectIssue }

/** Fields of istio.mesh.v1alpha1.ProxyConfig in the order of their numbers, which is the order protobuf JSON writes. */
const fields: readonly string[] = `
  configPath binaryPath serviceCluster drainDuration discoveryAddress discoveryRefreshDelay zipkinAddress statsdUdpAddress
  proxyAdminPort controlPlaneAuthPolicy customConfigFile statNameLength concurrency proxyBootstrapTemplatePath
  interceptionMode tracing sds envoyAccessLogService envoyMetricsService proxyMetadata statusPort extraStatTags
  gatewayTopology terminationDrainDuration meshId readinessProbe proxyStatsMatcher runtimeValues
  holdApplicationUntilProxyStarts caCertificatesPem image privateKeyProvider proxyHeaders tracingServiceName
  fileFlushInterval fileFlushMinSizeKb statsCompression statsFlushInterval statsEvictionInterval
`
  .trim()
  .split(/\s+/)

/** @param path where the Pod's annotations are in the object, for the issue. */
export function resolveProxyConfig(pod: Pod, settings: ResolvedSettings, path: JsonPath): ProxyConfigResult {
  const text = pod.metadata.annotations?.[annotation.proxyConfig]
  const own = text === undefined ? {} : readYaml(text)
  const at = [...path, annotation.proxyConfig]
  if (typeof own === 'string') return { ok: false, issue: { path: at, message: own } }
  const merged = mergeConfig(settings, own)
  const fault = checkConfig(merged)
  if (fault !== undefined) return { ok: false, issue: { path: at, message: fault } }
  const unknown = Object.keys(own).filter((key) => !fields.includes(key))
  return { ok: true, config: toPodConfig(merged, pod), unknown }
}

function readYaml(text: string): JsonObject | string {
  const document = parseDocument(text)
  const fault = document.errors[0]
  if (fault) return `is not YAML: ${fault.message.split('\n')[0] ?? fault.message}`
  try {
    const value = document.toJS() as JsonValue
    if (value === null) return {}
    return isJsonObject(value) ? value : `expected a map, found ${describeType(value)}`
  } catch (error) {
    return `is not YAML: ${error instanceof Error ? error.message : String(error)}`
  }
}

function mergeConfig(settings: ResolvedSettings, own: JsonObject): JsonObject {
  const mesh = settings.proxyConfig
  const isUsualAddress = settings.discoveryAddress === defaultDiscoveryAddress('default', 'istio-system')
  const merged: JsonObject = { ...(isUsualAddress ? {} : { discoveryAddress: settings.discoveryAddress }), ...mesh, ...own }
  if (isJsonObject(mesh['proxyMetadata']) && isJsonObject(own['proxyMetadata'])) {
    merged['proxyMetadata'] = { ...mesh['proxyMetadata'], ...own['proxyMetadata'] }
  }
  return merged
}

function checkConfig(config: JsonObject): string | undefined {
  const { proxyMetadata, interceptionMode, holdApplicationUntilProxyStarts, image } = config
  if (interceptionMode !== undefined && !['REDIRECT', 'TPROXY', 'NONE'].includes(toText(interceptionMode))) {
    return `interceptionMode: expected one of REDIRECT, TPROXY, NONE, found ${describeType(interceptionMode)}`
  }
  if (typeof (holdApplicationUntilProxyStarts ?? false) !== 'boolean') {
    return `holdApplicationUntilProxyStarts: expected true or false, found ${describeType(holdApplicationUntilProxyStarts)}`
  }
  if (!isJsonObject(image ?? {})) return `image: expected a map, found ${describeType(image)}`
  if (!isJsonObject(proxyMetadata ?? {})) return `proxyMetadata: expected a map, found ${describeType(proxyMetadata)}`
  const bad = Object.entries(proxyMetadata ?? {}).find(([, value]) => typeof value === 'object')
  return bad === undefined ? undefined : `proxyMetadata.${bad[0]}: expected a text, found ${describeType(bad[1])}`
}

function toPodConfig(merged: JsonObject, pod: Pod): PodProxyConfig {
  const mode = pod.metadata.annotations?.[annotation.interceptionMode] ?? merged['interceptionMode'] ?? 'REDIRECT'
  const metadata = Object.entries((merged['proxyMetadata'] ?? {}) as JsonObject).map(([key, value]) => [key, toText(value)] as const)
  const image = merged['image']
  return {
    json: ordered(merged),
    interceptionMode: mode as InterceptionMode,
    holdApplicationUntilProxyStarts: merged['holdApplicationUntilProxyStarts'] === true,
    metadata: metadata.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    imageType: isJsonObject(image) && typeof image['imageType'] === 'string' ? image['imageType'] : undefined,
  }
}

function ordered(config: JsonObject): JsonObject {
  const rank = (key: string): number => (fields.includes(key) ? fields.indexOf(key) : fields.length)
  return Object.fromEntries(Object.entries(config).toSorted(([a], [b]) => rank(a) - rank(b)))
}

/** The network a Pod is in: its label, else the mesh's. */
export function networkOf(pod: Pod, settings: ResolvedSettings): string | undefined {
  return pod.metadata.labels?.[label.network] ?? settings.network
}
