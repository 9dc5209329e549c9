/** Injects one Pod: take an earlier injection out, run the template, merge the user's overrides, put everything in order, then merge metrics and probes. */
import { annotation, parseBoolean } from './annotations.js'
import { formatStatus, stripInjection } from './injection-status.js'
import type { InjectWarning, ObjectIssue, ObjectRef, WarningCode } from './issue.js'
import { cloneJson, type JsonPath } from './json.js'
import { gatewayTemplate } from './gateway-template.js'
import { alignInitUser, applyOverrides, formatOverrides, takeUserContainers, userProxyOf } from './overrides.js'
import { initContainerName, proxyContainerName, type Container, type EnvVar, type Pod, type PodSpec } from './pod-spec.js'
import { probersEnv, rewriteProbes } from './probes.js'
import { mergePrometheus, prometheusEnv } from './prometheus.js'
import { resolveProxyConfig } from './proxy-config.js'
import type { ResolvedSettings } from './settings.js'
import { sidecarTemplate } from './sidecar-template.js'
import { statusPortOf, type TemplateInput, type TemplateOutput } from './template.js'
import { readUserVolumes } from './user-volumes.js'
import type { Workload } from './workload.js'

export interface PodRequest {
  /** A Pod whose shape was checked; it is not changed. */
  readonly pod: Pod
  readonly ref: ObjectRef
  readonly workload: Workload
  readonly settings: ResolvedSettings
  /** Where the Pod (template) is in its object. */
  readonly path: JsonPath
}

export type PodResult =
  | { readonly ok: true; readonly pod: Pod; readonly warnings: readonly InjectWarning[] }
  | { readonly ok: false; readonly issues: readonly ObjectIssue[] }

export function injectPod(request: PodRequest): PodResult {
  const pod: Pod = { metadata: cloneJson(request.pod.metadata), spec: cloneJson(request.pod.spec) }
  const warnings: InjectWarning[] = []
  const warn = (code: WarningCode, message: string): void => void warnings.push({ code, message, object: request.ref })
  if (stripInjection(pod) === 'unreadable')
    warn('status-unreadable', `annotation ${annotation.status} is not JSON: treated as not injected before`)
  const prepared = prepare(request, pod, warn)
  if (!prepared.ok) return prepared
  warnAbout(prepared.input, warn)
  merge(pod, prepared.input, prepared.output, warn)
  return { ok: true, pod, warnings }
}

type Warn = (code: WarningCode, message: string) => void
type Prepared = { readonly ok: true; readonly input: TemplateInput; readonly output: TemplateOutput } | (PodResult & { readonly ok: false })

function prepare(request: PodRequest, pod: Pod, warn: Warn): Prepared {
  const { settings, workload } = request
  const annotations = [...request.path, 'metadata', 'annotations']
  const proxyConfig = resolveProxyConfig(pod, settings, annotations)
  const volumes = readUserVolumes(pod, annotations)
  const template = pod.metadata.annotations?.[annotation.templates] ?? 'sidecar'
  if (!proxyConfig.ok || !volumes.ok)
    return { ok: false, issues: [proxyConfig, volumes].flatMap((result) => (result.ok ? [] : [result.issue])) }
  for (const field of proxyConfig.unknown)
    warn('unknown-proxy-config', `annotation ${annotation.proxyConfig}: ProxyConfig has no field "${field}"`)
  const isNative = parseBoolean(pod.metadata.annotations?.[annotation.nativeSidecar]) ?? settings.nativeSidecars
  const input: TemplateInput = { pod, workload, settings, proxyConfig: proxyConfig.config, isNative: isNative && template !== 'gateway' }
  if (template === 'sidecar') return { ok: true, input, output: sidecarTemplate(input, volumes.value) }
  if (template === 'gateway') return { ok: true, input, output: gatewayTemplate(input) }
  const message = `expected the template "sidecar" or "gateway", found ${JSON.stringify(template)}; other templates are not supported`
  return { ok: false, issues: [{ path: [...annotations, annotation.templates], message }] }
}

function warnAbout({ pod, workload, isNative }: TemplateInput, warn: Warn): void {
  const { dnsPolicy } = pod.spec
  if (dnsPolicy !== undefined && dnsPolicy !== null && dnsPolicy !== 'ClusterFirst') {
    warn('dns-policy', `dnsPolicy is ${dnsPolicy}, not ClusterFirst: the proxy may not find the control plane by its name`)
  }
  if (!isNative && (workload.kind === 'Job' || workload.kind === 'CronJob')) {
    warn('job-with-classic-sidecar', 'a classic sidecar keeps running, so the Job never completes; native sidecars end with it')
  }
}

function merge(pod: Pod, input: TemplateInput, output: TemplateOutput, warn: Warn): void {
  const user = takeUserContainers(
    pod,
    [...output.initContainers, ...output.containers].map(({ name }) => name),
  )
  const initContainers = applyOverrides(output.initContainers, user)
  const containers = applyOverrides(output.containers, user)
  const proxy = [...containers, ...initContainers].find(({ name }) => name === proxyContainerName)
  const own = userProxyOf(user)
  if (proxy && own) alignInitUser(initContainers, proxy, own, input.proxyConfig.interceptionMode === 'TPROXY')
  const added = addNamed(pod, input.settings, output, warn)
  if (output.securityContext) pod.spec.securityContext = { ...output.securityContext, ...pod.spec.securityContext }
  writeMetadata(pod, output)
  if (proxy) mergeApp(pod, proxy, input, warn)
  placeContainers(pod, initContainers, containers, input)
  pod.spec = inOrder(pod.spec)
  const isIn = (list: readonly Container[], { name }: Container): boolean => list.some((container) => container.name === name)
  const overrides = formatOverrides({
    containers: user.filter((container) => isIn(output.containers, container)),
    initContainers: user.filter((container) => isIn(output.initContainers, container)),
  })
  const annotations = (pod.metadata.annotations ??= {})
  if (overrides !== undefined) annotations[annotation.proxyOverrides] = overrides
  annotations[annotation.status] = formatStatus({
    initContainers: initContainers.map(({ name }) => name),
    containers: containers.map(({ name }) => name),
    ...added,
    revision: input.settings.revision,
  })
}

/** Adds volumes and pull secrets; one the user already has by that name stays the user's. */
function addNamed(
  pod: Pod,
  settings: ResolvedSettings,
  output: TemplateOutput,
  warn: Warn,
): { volumes: string[]; imagePullSecrets: string[] } {
  const { volumes = [], imagePullSecrets = [] } = pod.spec
  const isNew = (present: readonly { name: string }[], name: string): boolean => present.every((item) => item.name !== name)
  const newVolumes = output.volumes.filter(({ name }) => isNew(volumes, name))
  const newSecrets = settings.imagePullSecrets.filter((name) => isNew(imagePullSecrets, name))
  for (const { name } of output.volumes) {
    if (!isNew(volumes, name)) warn('volume-name-taken', `volume "${name}" is the Pod's own; the proxy mounts it in place of Istio's`)
  }
  if (newVolumes.length > 0) pod.spec.volumes = [...volumes, ...newVolumes]
  if (newSecrets.length > 0) pod.spec.imagePullSecrets = [...imagePullSecrets, ...newSecrets.map((name) => ({ name }))]
  return { volumes: newVolumes.map(({ name }) => name), imagePullSecrets: newSecrets }
}

function writeMetadata({ metadata }: Pod, output: TemplateOutput): void {
  metadata.labels = { ...output.defaultLabels, ...metadata.labels }
  metadata.annotations = { ...output.defaultAnnotations, ...metadata.annotations, ...output.annotations }
}

/** Metrics and probes of the app go through the proxy, which is told where to ask. */
function mergeApp(pod: Pod, proxy: Container, input: TemplateInput, warn: Warn): void {
  const { settings } = input
  const env: EnvVar[] = []
  const metrics = mergePrometheus(pod.metadata, settings)
  if (metrics !== undefined) env.push({ name: prometheusEnv, value: metrics })
  const statusPort = Number(statusPortOf(input))
  const isRewritten = parseBoolean(pod.metadata.annotations?.[annotation.rewriteProbes]) ?? settings.rewriteAppProbes
  if (isRewritten && statusPort !== 0) {
    const { probers, unknownPorts } = rewriteProbes(pod.spec, statusPort)
    if (probers !== undefined) env.push({ name: probersEnv, value: probers })
    for (const { container, probe, port } of unknownPorts) {
      warn('probe-port-unknown', `container "${container}" has no port named "${port}": the probe behind ${probe} is left as it is`)
    }
  }
  if (env.length > 0) proxy.env = [...(proxy.env ?? []), ...env]
}

/** A native proxy starts before all init containers, which may then use the network; a classic redirection comes last, so that they bypass it. */
function placeContainers(pod: Pod, initContainers: Container[], containers: Container[], input: TemplateInput): void {
  const { spec } = pod
  const own = spec.initContainers ?? []
  const isLast = (container: Container): boolean => !input.isNative && container.name === initContainerName
  const placed = [...initContainers.filter((container) => !isLast(container)), ...own, ...initContainers.filter(isLast)]
  if (placed.length > 0) spec.initContainers = placed
  else delete spec.initContainers
  spec.containers = input.proxyConfig.holdApplicationUntilProxyStarts
    ? [...containers, ...spec.containers]
    : [...spec.containers, ...containers]
}

/** One order of fields whatever was there before, so that a second injection writes the same text. */
function inOrder(spec: PodSpec): PodSpec {
  const { initContainers, containers, securityContext, imagePullSecrets, volumes, ...rest } = spec
  return {
    ...(initContainers ? { initContainers } : {}),
    containers,
    ...rest,
    ...(securityContext ? { securityContext } : {}),
    ...(imagePullSecrets ? { imagePullSecrets } : {}),
    ...(volumes ? { volumes } : {}),
  }
}
