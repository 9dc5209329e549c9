/**
 * Tells users where a gateway really listens: the Service's external address and, as annotation `heddle.dev/bound-ports`,
 * the number behind each of its ports (design section 6, "Ingress").
 */
import { boundPortsAnnotation, type KubernetesObject, type ResourceClient, type ResourceType } from '@heddle/client'
import { type ServicePort, targetPortNumber } from '@heddle/config-schema'
import { fieldsOf, listOf, sameJson, textMapOf } from '../json-fields.js'
import type { Pod } from './pod.js'
import type { PodRecord } from './pod-record.js'

const services: ResourceType = { group: '', version: 'v1', plural: 'services' }

/** A Pod whose proxy is a gateway: it serves callers outside the mesh. */
export function isGatewayPod(pod: Pod): boolean {
  return pod.spec.containers.some((container) => container.name === 'istio-proxy' && container.args?.includes('router') === true)
}

/** The Services of the Pod's namespace that select it. */
export function servicesOf(pod: KubernetesObject, all: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const labels = pod.metadata.labels ?? {}
  return all.filter((service) => {
    if (service.metadata.namespace !== pod.metadata.namespace) return false
    const selector = Object.entries(textMapOf(fieldsOf(service['spec'])['selector']))
    return selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
  })
}

/** Writes one LoadBalancer Service's address and numbers, unless they are there already. */
export async function publishGatewayPorts(client: ResourceClient, service: KubernetesObject, pod: Pod, record: PodRecord): Promise<void> {
  const { name, namespace, annotations } = service.metadata
  const bound = boundServicePorts(service, pod, record)
  if (!sameJson(parse(annotations?.[boundPortsAnnotation]), bound)) {
    await client.patch(services, name, { metadata: { annotations: { [boundPortsAnnotation]: JSON.stringify(bound) } } }, namespace)
  }
  const ingress = [{ ip: record.externalAddress }]
  if (sameJson(fieldsOf(fieldsOf(service['status'])['loadBalancer'])['ingress'], ingress)) return
  await client.patch(services, name, { status: { loadBalancer: { ingress } } }, namespace, 'status')
}

/** Service port -> port on the external address. */
function boundServicePorts(service: KubernetesObject, pod: Pod, record: PodRecord): Readonly<Record<string, number>> {
  const ports = listOf(fieldsOf(service['spec'])['ports']).flatMap((port) => {
    const target = targetPortNumber(pod.spec, port as unknown as ServicePort)
    const bound = target === undefined ? undefined : record.portMap[String(target)]
    return bound === undefined ? [] : [[String(port['port']), bound]]
  })
  return Object.fromEntries(ports) as Record<string, number>
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return undefined
  }
}
