/**
 * Sends the kubelet's probes through the proxy: an app behind STRICT mutual TLS cannot answer the kubelet, so HTTP, TCP and gRPC probes (and HTTP and TCP
 * lifecycle hooks) point to the agent's status port, and ISTIO_KUBE_APP_PROBERS tells the agent what to ask the app. Paths and JSON are Istio's.
 */
import { cloneJson, isJsonObject, sortedKeys, toText, type JsonObject } from './json.js'
import { proxyContainerName, type Action, type Container, type HttpGetAction, type PodSpec } from './pod-spec.js'

export const probersEnv = 'ISTIO_KUBE_APP_PROBERS'

interface Slot {
  readonly url: string
  readonly isProbe: boolean
  readonly get: (container: Container) => Action | undefined
  readonly set: (container: Container, action: Action) => void
}

export interface ProbeRewrite {
  /** Value of ISTIO_KUBE_APP_PROBERS; undefined when no probe was rewritten. */
  readonly probers: string | undefined
  /** Probes left as they are because they name a port their container does not declare. */
  readonly unknownPorts: readonly { readonly container: string; readonly probe: string; readonly port: string }[]
}

/** Rewrites the probes of `spec` in place. Probes that already ask the status port stay. */
export function rewriteProbes(spec: PodSpec, statusPort: number): ProbeRewrite {
  const probers: JsonObject = {}
  const unknownPorts: { container: string; probe: string; port: string }[] = []
  for (const container of appContainers(spec)) {
    for (const slot of slotsOf(container)) {
      const action = slot.get(container)
      if (!action) continue
      const prober = proberOf(action, container, slot.isProbe, statusPort)
      if (prober.kind === 'unknown-port') unknownPorts.push({ container: container.name, probe: slot.url, port: prober.port })
      if (prober.kind !== 'prober') continue
      probers[slot.url] = prober.value
      slot.set(container, redirect(action, slot.url, statusPort))
    }
  }
  const isEmpty = Object.keys(probers).length === 0
  return { probers: isEmpty ? undefined : JSON.stringify(sortedKeys(probers)), unknownPorts }
}

/** Puts the probes recorded in ISTIO_KUBE_APP_PROBERS back, so that a second injection starts from what the user wrote. */
export function restoreProbes(spec: PodSpec, recorded: string): void {
  const probers = readJson(recorded)
  for (const container of appContainers(spec)) {
    for (const slot of slotsOf(container)) {
      const action = slot.get(container)
      const prober = Object.hasOwn(probers, slot.url) ? probers[slot.url] : undefined
      if (action?.httpGet?.path !== slot.url || !isJsonObject(prober)) continue
      const { httpGet: _, ...rest } = action
      const { timeoutSeconds: __, ...original } = prober
      slot.set(container, { ...rest, ...original } as Action)
    }
  }
}

function appContainers(spec: PodSpec): Container[] {
  return [...spec.containers, ...(spec.initContainers ?? [])].filter((container) => container.name !== proxyContainerName)
}

function slotsOf(container: Container): Slot[] {
  const health = `/app-health/${container.name}`
  const lifecycle = `/app-lifecycle/${container.name}`
  return [
    probeSlot(`${health}/readyz`, 'readinessProbe'),
    probeSlot(`${health}/livez`, 'livenessProbe'),
    probeSlot(`${health}/startupz`, 'startupProbe'),
    hookSlot(`${lifecycle}/prestopz`, 'preStop'),
    hookSlot(`${lifecycle}/poststartz`, 'postStart'),
  ]
}

function probeSlot(url: string, field: 'readinessProbe' | 'livenessProbe' | 'startupProbe'): Slot {
  const set = (container: Container, action: Action): void => {
    container[field] = action
  }
  return { url, isProbe: true, get: (container) => container[field] ?? undefined, set }
}

function hookSlot(url: string, field: 'preStop' | 'postStart'): Slot {
  const set = (container: Container, action: Action): void => {
    container.lifecycle = { ...container.lifecycle, [field]: action }
  }
  return { url, isProbe: false, get: (container) => container.lifecycle?.[field] ?? undefined, set }
}

type ProberResult =
  | { readonly kind: 'prober'; readonly value: JsonObject }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown-port'; readonly port: string }

const none: ProberResult = { kind: 'none' }

function proberOf(action: Action, container: Container, isProbe: boolean, statusPort: number): ProberResult {
  const timeout = isProbe && typeof action.timeoutSeconds === 'number' ? { timeoutSeconds: action.timeoutSeconds } : {}
  const { httpGet, tcpSocket, grpc } = action
  if (httpGet) return withPort('httpGet', inOrder(httpGet), container, statusPort, timeout)
  if (tcpSocket) return withPort('tcpSocket', inOrder(tcpSocket), container, statusPort, timeout)
  if (grpc && isProbe) return { kind: 'prober', value: { grpc: { port: grpc['port'] ?? 0, service: grpc['service'] ?? null }, ...timeout } }
  return none
}

function withPort(kind: string, target: JsonObject, container: Container, statusPort: number, rest: JsonObject): ProberResult {
  const named = target['port']
  const port = typeof named === 'string' ? resolvePort(named, container) : named
  if (port === undefined || port === null) return { kind: 'unknown-port', port: toText(named) }
  if (port === statusPort) return none
  return { kind: 'prober', value: { [kind]: { ...target, port }, ...rest } }
}

function resolvePort(name: string, container: Container): number | undefined {
  return /^\d+$/.test(name) ? Number(name) : container.ports?.find((port) => port.name === name)?.containerPort
}

function redirect(action: Action, url: string, statusPort: number): Action {
  const { tcpSocket: _, grpc: __, httpGet, ...rest } = action
  const scheme = httpGet?.scheme === 'HTTPS' ? { scheme: 'HTTP' } : {}
  const target = inOrder({ ...cloneJson(httpGet ?? {}), path: url, port: statusPort, ...scheme }) as HttpGetAction
  return { httpGet: target, ...rest }
}

/** Go's order of fields, whatever the user's, so that what was restored is rewritten to the same text. */
function inOrder(target: JsonObject): JsonObject {
  const known = ['path', 'port', 'host', 'scheme', 'httpHeaders']
  const keys = [...known, ...Object.keys(target).filter((key) => !known.includes(key))]
  const isSet = (key: string): boolean => target[key] !== undefined && target[key] !== null && target[key] !== ''
  return Object.fromEntries(keys.filter(isSet).map((key) => [key, target[key]])) as JsonObject
}

function readJson(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {} // a hand-edited record is as good as none
  }
}
