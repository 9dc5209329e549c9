/** Istio's template `sidecar`: redirection, proxy, volumes, and the labels and annotations of a Pod in the mesh. */
import { annotation, label } from './annotations.js'
import { excludedAppPorts, initContainers } from './init-container.js'
import type { TemplateInput, TemplateOutput } from './template.js'
import { annotated } from './template.js'
import { networkOf } from './proxy-config.js'
import { appContainerNames } from './proxy-environment.js'
import { sidecarContainer } from './proxy-container.js'
import { bootstrapVolume, crlVolume, proxyVolumes } from './proxy-volumes.js'
import type { UserVolumes } from './user-volumes.js'

export function sidecarTemplate(input: TemplateInput, user: UserVolumes): TemplateOutput {
  const proxy = sidecarContainer(input)
  proxy['volumeMounts'] = [...(proxy['volumeMounts'] as []), ...user.mounts]
  const sockets = [{ name: 'workload-socket' }, { name: 'credential-socket' }, { name: 'workload-certs' }]
  const first = appContainerNames(input)[0]
  return {
    initContainers: [...initContainers(input), ...(input.isNative ? [proxy] : [])],
    containers: input.isNative ? [] : [proxy],
    volumes: [...bootstrapVolume(input.pod).volumes, ...proxyVolumes(sockets), crlVolume, ...user.volumes],
    annotations: { [annotation.revision]: input.settings.revision, ...cniAnnotations(input) },
    defaultAnnotations: first === undefined ? {} : { [annotation.defaultContainer]: first, [annotation.defaultLogsContainer]: first },
    defaultLabels: { [label.tlsMode]: 'istio', ...canonicalLabels(input) },
  }
}

/** The service a Pod counts as in telemetry, and its network. */
export function canonicalLabels(input: TemplateInput): Record<string, string> {
  const labels = input.pod.metadata.labels ?? {}
  const name = labels['app.kubernetes.io/name'] ?? labels['app'] ?? input.workload.name
  const revision = labels['app.kubernetes.io/version'] ?? labels['version'] ?? 'latest'
  const network = networkOf(input.pod, input.settings)
  return {
    ...(name === '' ? {} : { [label.canonicalName]: labelValue(name) }),
    [label.canonicalRevision]: revision,
    ...(network === undefined || network === '' ? {} : { [label.network]: network }),
  }
}

/** A label value has at most 63 characters and ends with a letter or digit. */
function labelValue(text: string): string {
  return text.slice(0, 63).replace(/[-_.]+$/, '')
}

/** The CNI plugin reads what to redirect from the Pod's annotations. */
function cniAnnotations(input: TemplateInput): Record<string, string> {
  const { settings, proxyConfig, pod } = input
  if (settings.cni === 'off') return {}
  const annotations = pod.metadata.annotations ?? {}
  const outboundPorts = annotated(input, annotation.excludeOutboundPorts, settings.excludeOutboundPorts)
  const excludedIps = annotated(input, annotation.excludeOutboundIps, settings.excludeOutboundIpRanges)
  return {
    ...(settings.cni === 'multus' ? { [annotation.multusNetworks]: addNetwork(annotations[annotation.multusNetworks]) } : {}),
    [annotation.interceptionMode]: proxyConfig.interceptionMode,
    [annotation.includeOutboundIps]: annotated(input, annotation.includeOutboundIps, settings.includeOutboundIpRanges),
    ...(excludedIps === '' ? {} : { [annotation.excludeOutboundIps]: excludedIps }),
    [annotation.includeInboundPorts]: annotated(input, annotation.includeInboundPorts, settings.includeInboundPorts),
    [annotation.excludeInboundPorts]: excludedAppPorts(input).join(','),
    ...(outboundPorts === '' ? {} : { [annotation.excludeOutboundPorts]: outboundPorts }),
  }
}

const cniNetwork = 'default/istio-cni'

/** The annotation is a list with commas, or a JSON list. */
function addNetwork(networks: string | undefined): string {
  const present = networks?.trim() ?? ''
  if (present === '') return cniNetwork
  if (present.includes('istio-cni')) return present
  if (!present.startsWith('[') || !present.endsWith(']')) return `${present}, ${cniNetwork}`
  const items = present.slice(1, -1).trim()
  return `[${items === '' ? '' : `${items}, `}{"name":"istio-cni","namespace":"default"}]`
}
