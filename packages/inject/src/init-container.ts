/** istio-init, which sets the redirection rules of the Pod, or istio-validation, which checks those of the CNI plugin; args are those of istio-iptables. */
import { annotation, splitList } from './annotations.js'
import type { JsonObject } from './json.js'
import { initContainerName, validationContainerName, type Container } from './pod-spec.js'
import { metadataEnvironment } from './proxy-environment.js'
import { proxyResources } from './proxy-resources.js'
import { annotated, imageOf, pullPolicyOf, statusPortOf, type TemplateInput } from './template.js'

/** None in interception mode NONE. */
export function initContainers(input: TemplateInput): Container[] {
  const { settings, proxyConfig } = input
  if (proxyConfig.interceptionMode === 'NONE') return []
  const isCni = settings.cni !== 'off'
  const env = metadataEnvironment(input)
  return [
    {
      name: isCni ? validationContainerName : initContainerName,
      image: imageOf(input),
      ...pullPolicyOf(settings),
      args: [...redirectionArgs(input), ...(isCni ? ['--run-validation', '--skip-rule-apply'] : [])],
      ...(env.length > 0 ? { env } : {}),
      resources: proxyResources(input),
      securityContext: isCni ? unprivileged : netAdmin,
    },
  ]
}

const netAdmin: JsonObject = {
  allowPrivilegeEscalation: false,
  privileged: false,
  capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
  readOnlyRootFilesystem: false,
  runAsGroup: 0,
  runAsUser: 0,
  runAsNonRoot: false,
}

const unprivileged: JsonObject = {
  allowPrivilegeEscalation: false,
  privileged: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsGroup: 1337,
  runAsUser: 1337,
  runAsNonRoot: true,
}

function redirectionArgs(input: TemplateInput): string[] {
  const { settings } = input
  const flag = (name: string, from: string, fallback: string): string[] => [name, annotated(input, from, fallback)]
  const ports = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', input.proxyConfig.interceptionMode]
  const excluded = ['-d', excludedInboundPorts(input)]
  return [
    'istio-iptables',
    ...ports,
    ...flag('-i', annotation.includeOutboundIps, settings.includeOutboundIpRanges),
    ...flag('-x', annotation.excludeOutboundIps, settings.excludeOutboundIpRanges),
    ...flag('-b', annotation.includeInboundPorts, settings.includeInboundPorts),
    ...excluded,
    ...optional(input, '-q', annotation.includeOutboundPorts, settings.includeOutboundPorts),
    ...optional(input, '-o', annotation.excludeOutboundPorts, settings.excludeOutboundPorts),
    ...reroutedInterfaces(input),
    ...optional(input, '-c', annotation.excludeInterfaces, ''),
    `--log_output_level=${annotated(input, annotation.agentLogLevel, settings.agentLogLevel)}`,
  ]
}

function optional(input: TemplateInput, flag: string, name: string, fallback: string): string[] {
  const isAnnotated = input.pod.metadata.annotations?.[name] !== undefined
  return isAnnotated || fallback !== '' ? [flag, annotated(input, name, fallback)] : []
}

function reroutedInterfaces(input: TemplateInput): string[] {
  const annotations = input.pod.metadata.annotations ?? {}
  const interfaces = annotations[annotation.rerouteInterfaces] ?? annotations[annotation.kubevirtInterfaces]
  return interfaces === undefined ? [] : ['-k', interfaces]
}

/** The proxy's own ports are never captured. */
function excludedInboundPorts(input: TemplateInput): string {
  return ['15090', '15021', ...excludedAppPorts(input)].join(',')
}

/** The user's excluded ports and the status port, which must stay reachable for the kubelet. */
export function excludedAppPorts(input: TemplateInput): string[] {
  const ports = splitList(annotated(input, annotation.excludeInboundPorts, input.settings.excludeInboundPorts))
  const statusPort = statusPortOf(input)
  return statusPort === '0' || ports.includes(statusPort) ? ports : [...ports, statusPort]
}
