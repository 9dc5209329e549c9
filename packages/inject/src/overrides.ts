/**
 * Users may write their own istio-proxy or istio-init container (image `auto`) to change parts of the injected one; theirs is merged over the template's,
 * by the rules of Kubernetes' strategic merge for containers, and recorded in proxy.istio.io/overrides so that a later injection can do it again.
 */
import { annotation } from './annotations.js'
import { cloneJson, isJsonObject, type JsonObject, type JsonValue, readRecord } from './json.js'
import { initContainerName, proxyContainerName, validationContainerName, type Container, type Pod } from './pod-spec.js'

/** Lists that merge item by item, and the field that makes two items the same. All other lists are replaced. */
const mergeKeys: Readonly<Record<string, string>> = {
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
}
const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc']

export interface Overrides {
  readonly containers: readonly Container[]
  readonly initContainers: readonly Container[]
}

/** Takes the user's versions of the named containers out of the Pod, in place. */
export function takeUserContainers(pod: Pod, names: readonly string[]): Container[] {
  const isTaken = (container: Container): boolean => names.includes(container.name)
  const { containers, initContainers = [] } = pod.spec
  const taken = [...containers, ...initContainers].filter(isTaken).map((container) => {
    const { image, ...rest } = container
    return image === undefined || image === 'auto' ? (rest as Container) : container
  })
  pod.spec.containers = containers.filter((container) => !isTaken(container))
  if (pod.spec.initContainers) pod.spec.initContainers = initContainers.filter((container) => !isTaken(container))
  return taken
}

/** The template's containers with the user's merged over those of the same name. */
export function applyOverrides(containers: readonly Container[], user: readonly Container[]): Container[] {
  return containers.map((container) => {
    const own = user.find((candidate) => candidate.name === container.name)
    return own === undefined ? container : (mergeObject(container, own) as Container)
  })
}

/** istio-iptables leaves the proxy's own traffic alone by its user id, so another `runAsUser` of the proxy must reach its `-u`. */
export function alignInitUser(initContainers: readonly Container[], proxy: Container, own: Container, isTproxy: boolean): void {
  const { runAsUser, runAsGroup } = own.securityContext ?? {}
  if (isTproxy && runAsUser !== undefined) {
    proxy.securityContext = { ...proxy.securityContext, runAsUser: 0 }
  }
  const init = initContainers.find(({ name }) => name === initContainerName || name === validationContainerName)
  if (!init) return
  if (!isTproxy && init.name === validationContainerName) {
    if (runAsUser !== undefined) init.securityContext = { ...init.securityContext, runAsUser }
    if (runAsGroup !== undefined) init.securityContext = { ...init.securityContext, runAsGroup }
  }
  const flag = init.args?.indexOf('-u') ?? -1
  if (typeof runAsUser === 'number' && runAsUser !== 0 && flag !== -1 && init.args) init.args[flag + 1] = String(runAsUser)
}

export function formatOverrides(overrides: Overrides): string | undefined {
  const { containers, initContainers } = overrides
  if (containers.length === 0 && initContainers.length === 0) return undefined
  return JSON.stringify({
    ...(containers.length > 0 ? { containers } : {}),
    ...(initContainers.length > 0 ? { initContainers } : {}),
  })
}

/** Puts recorded user containers back into a Pod whose injected parts were removed, in place. */
export function restoreOverrides(pod: Pod): void {
  const recorded = pod.metadata.annotations?.[annotation.proxyOverrides]
  if (recorded === undefined) return
  const record = readRecord(recorded)
  for (const list of ['containers', 'initContainers'] as const) {
    const missing = containersOf(record[list]).filter((own) => !(pod.spec[list] ?? []).some((present) => present.name === own.name))
    if (missing.length > 0) pod.spec[list] = [...(pod.spec[list] ?? []), ...missing]
  }
}

/** Whether the Pod has its own istio-proxy, as a gateway's has. */
export function userProxyOf(user: readonly Container[]): Container | undefined {
  return user.find((container) => container.name === proxyContainerName)
}

function mergeObject(base: JsonObject, over: JsonObject): JsonObject {
  const merged: JsonObject = cloneJson(base)
  // a probe or hook has one handler: the user's replaces the template's
  if (handlers.some((handler) => isJsonObject(over[handler]))) for (const handler of handlers) delete merged[handler]
  for (const [key, value] of Object.entries(over)) {
    if (value === null || value === undefined) delete merged[key]
    else merged[key] = mergeValue(key, merged[key], value)
  }
  return merged
}

function mergeValue(key: string, base: JsonValue | undefined, over: JsonValue): JsonValue {
  if (isJsonObject(base) && isJsonObject(over)) return mergeObject(base, over)
  const mergeKey = Object.hasOwn(mergeKeys, key) ? mergeKeys[key] : undefined
  return mergeKey !== undefined && Array.isArray(base) && Array.isArray(over) ? mergeList(base, over, mergeKey) : cloneJson(over)
}

function mergeList(base: readonly JsonValue[], over: readonly JsonValue[], key: string): JsonValue[] {
  const keyOf = (item: JsonValue): JsonValue | undefined => (isJsonObject(item) ? item[key] : undefined)
  const merged = [...base]
  for (const item of over) {
    const index = merged.findIndex((candidate) => keyOf(candidate) !== undefined && keyOf(candidate) === keyOf(item))
    if (index === -1) merged.push(cloneJson(item))
    else merged[index] = cloneJson(item)
  }
  return merged
}

function containersOf(value: JsonValue | undefined): Container[] {
  return Array.isArray(value) ? value.filter((item): item is Container => isJsonObject(item) && typeof item['name'] === 'string') : []
}
