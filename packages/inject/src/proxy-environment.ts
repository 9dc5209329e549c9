/** The environment of istio-proxy: who the Pod is (downward API), where the mesh is, and the metadata the agent puts into its node (ISTIO_META_*). */
import { annotation, label } from './annotations.js'
import type { JsonObject } from './json.js'
import { proxyContainerName, type Container, type ContainerPort, type EnvVar } from './pod-spec.js'
import { networkOf } from './proxy-config.js'
import type { TemplateInput } from './template.js'

export function proxyEnvironment(input: TemplateInput): EnvVar[] {
  const { pod, settings, proxyConfig } = input
  const network = networkOf(pod, settings)
  const bootstrap = pod.metadata.annotations?.[annotation.bootstrapOverride]
  return [
    { name: 'PILOT_CERT_PROVIDER', value: 'istiod' },
    { name: 'CA_ADDR', value: settings.caAddress },
    fromField('POD_NAME', 'metadata.name'),
    fromField('POD_NAMESPACE', 'metadata.namespace'),
    fromField('INSTANCE_IP', 'status.podIP'),
    fromField('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    fromField('HOST_IP', 'status.hostIP'),
    fromResource('ISTIO_CPU_LIMIT', 'limits.cpu'),
    { name: 'PROXY_CONFIG', value: `${JSON.stringify(proxyConfig.json)}\n` },
    { name: 'ISTIO_META_POD_PORTS', value: podPorts(input) },
    { name: 'ISTIO_META_APP_CONTAINERS', value: appContainerNames(input).join(',') },
    fromResource('GOMEMLIMIT', 'limits.memory'),
    { name: 'ISTIO_META_CLUSTER_ID', value: settings.clusterId },
    fromField('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    { name: 'ISTIO_META_INTERCEPTION_MODE', value: proxyConfig.interceptionMode },
    ...(network === undefined || network === '' ? [] : [{ name: 'ISTIO_META_NETWORK', value: network }]),
    ...workloadEnvironment(input),
    ...(bootstrap === undefined ? [] : [{ name: 'ISTIO_BOOTSTRAP_OVERRIDE', value: '/etc/istio/custom-bootstrap/custom_bootstrap.json' }]),
    { name: 'ISTIO_META_MESH_ID', value: settings.meshId },
    { name: 'TRUST_DOMAIN', value: settings.trustDomain },
    ...metadataEnvironment(input),
  ]
}

/** proxyMetadata as environment; istio-init gets it too. */
export function metadataEnvironment(input: TemplateInput): EnvVar[] {
  return input.proxyConfig.metadata.map(([name, value]) => ({ name, value }))
}

export function appContainerNames(input: TemplateInput): string[] {
  return input.pod.spec.containers.map((container) => container.name).filter((name) => name !== proxyContainerName)
}

function workloadEnvironment({ pod, workload }: TemplateInput): EnvVar[] {
  const name = pod.metadata.labels?.[label.workloadName] ?? workload.name
  const { apiVersion, kind, namespace } = workload
  const owner = `kubernetes://apis/${apiVersion}/namespaces/${namespace}/${kind.toLowerCase()}s/${workload.name}`
  return [
    ...(name === '' ? [] : [{ name: 'ISTIO_META_WORKLOAD_NAME', value: name }]),
    ...(workload.name === '' || apiVersion === '' ? [] : [{ name: 'ISTIO_META_OWNER', value: owner }]),
  ]
}

/** A JSON list with one port a line, laid out as Istio's template does; a proxy of the user's own comes last, wherever it is written. */
function podPorts({ pod }: TemplateInput): string {
  const { containers, initContainers = [] } = pod.spec
  const isProxy = ({ name }: Container): boolean => name === proxyContainerName
  const listed = [...containers.filter((container) => !isProxy(container)), ...[...containers, ...initContainers].filter(isProxy)]
  const ports = listed.flatMap((container) => container.ports ?? []).map((port) => JSON.stringify(portOf(port)))
  return ['[', ...ports.map((port, index) => `    ${index === 0 ? '' : ','}${port}`), ']'].join('\n')
}

function portOf(port: ContainerPort): JsonObject {
  const ordered: JsonObject = {}
  for (const key of ['name', 'hostPort', 'containerPort', 'protocol', 'hostIP']) {
    const value = port[key]
    if (value !== undefined && value !== null && value !== '') ordered[key] = value
  }
  return ordered
}

function fromField(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } }
}

function fromResource(name: string, resource: string): EnvVar {
  return { name, valueFrom: { resourceFieldRef: { resource, divisor: '1' } } }
}
