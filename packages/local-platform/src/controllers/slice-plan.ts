/**
 * Which EndpointSlices a Service should have (Kubernetes' endpointslice controller). The port published is the one the Pod
 * really bound (annotation `heddle.dev/port-map`), so Pods with different ports stand in different slices. Pure.
 */
import { createHash } from 'node:crypto'
import { type KubernetesObject, portMapAnnotation } from '@heddle/client'
import { type ServicePort, targetPortNumber } from '@heddle/config-schema'
import { type Fields, fieldsOf, listOf, textOf } from '../json-fields.js'
import { ownerReference } from './controller.js'
import { isReady, phaseOf } from './pod-state.js'

export const serviceNameLabel = 'kubernetes.io/service-name'
const managedBy = { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' }
/** As in Kubernetes. */
const maxEndpoints = 100

export function planSlices(service: KubernetesObject, pods: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const groups = new Map<string, { readonly ports: readonly Fields[]; readonly endpoints: Fields[] }>()
  for (const pod of pods) {
    if (!hasEndpoint(pod)) continue
    const ports = boundPorts(service, pod)
    const key = JSON.stringify(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    groups.set(key, group)
    group.endpoints.push(endpointOf(service, pod))
  }
  // A Service without endpoints keeps one empty slice, so that clients see that it is known.
  if (groups.size === 0) groups.set('[]', { ports: [], endpoints: [] })
  return [...groups].flatMap(([key, { ports, endpoints }]) =>
    chunks(endpoints).map((part, index) => sliceOf(service, `${key}#${index}`, ports, part)),
  )
}

function hasEndpoint(pod: KubernetesObject): boolean {
  const phase = phaseOf(pod)
  return textOf(fieldsOf(pod['status'])['podIP']) !== undefined && phase !== 'Succeeded' && phase !== 'Failed'
}

function chunks(endpoints: readonly Fields[]): readonly (readonly Fields[])[] {
  const parts: (readonly Fields[])[] = []
  for (let start = 0; start === 0 || start < endpoints.length; start += maxEndpoints)
    parts.push(endpoints.slice(start, start + maxEndpoints))
  return parts
}

function boundPorts(service: KubernetesObject, pod: KubernetesObject): readonly Fields[] {
  const map = portMap(pod)
  return listOf(fieldsOf(service['spec'])['ports']).flatMap((port) => {
    const declared = targetPortNumber(fieldsOf(pod['spec']), port as unknown as ServicePort)
    if (declared === undefined) return []
    const { appProtocol } = port
    const bound = map[String(declared)] ?? declared
    return [
      {
        name: textOf(port['name']) ?? '',
        port: bound,
        protocol: textOf(port['protocol']) ?? 'TCP',
        ...(appProtocol !== undefined && { appProtocol }),
      },
    ]
  })
}

/** Declared to bound port; a port that is not in it is bound as declared. */
function portMap(pod: KubernetesObject): Readonly<Record<string, number>> {
  try {
    return JSON.parse(pod.metadata.annotations?.[portMapAnnotation] ?? '{}') as Record<string, number>
  } catch {
    return {}
  }
}

function endpointOf(service: KubernetesObject, pod: KubernetesObject): Fields {
  const spec = fieldsOf(pod['spec'])
  const isTerminating = pod.metadata.deletionTimestamp !== undefined
  const isServing = isReady(pod) || fieldsOf(service['spec'])['publishNotReadyAddresses'] === true
  const { hostname, nodeName } = spec
  return {
    addresses: [fieldsOf(pod['status'])['podIP']],
    conditions: { ready: isServing && !isTerminating, serving: isServing, terminating: isTerminating },
    ...(hostname !== undefined && spec['subdomain'] === service.metadata.name && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
  }
}

/** Named after Service and ports: the same ports find their slice again, without looking for it. */
function sliceOf(service: KubernetesObject, key: string, ports: readonly Fields[], endpoints: readonly Fields[]): KubernetesObject {
  const suffix = createHash('sha256').update(key).digest('hex').slice(0, 5)
  const isHeadless = fieldsOf(service['spec'])['clusterIP'] === 'None'
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service.metadata.name}-${suffix}`,
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace ?? '',
      labels: {
        ...service.metadata.labels,
        ...managedBy,
        [serviceNameLabel]: service.metadata.name,
        ...(isHeadless && { 'service.kubernetes.io/headless': '' }),
      },
      ownerReferences: [ownerReference(service)],
    },
    addressType: 'IPv4',
    endpoints,
    ports,
  }
}
