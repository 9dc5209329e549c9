/**
 * Tells users where a gateway really listens: the Service's external address and, as annotation `heddle.dev/bound-ports`,
 * the number behind each of its ports (design section 6, "Ingress").
 */
import { boundPortsAnnotation, type KubernetesObject, type ResourceClient, type ResourceType } from '@heddle/client'
import { type ServicePort, targetPortNumber } from '@heddle/config-schema'
import { fieldsOf, listOf, sameJson, textMapOf } from '../json-fields.js'
import type { Pod } from './pod.js'
import type { PodRecord } from './pod-record.js'
import { isGone } from './status-writer.js'

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

/** A gateway's Pod with the addresses and ports it was given. */
export interface GatewayPod {
  readonly pod: Pod
  readonly record: PodRecord
}

interface GatewaySources {
  readonly services: () => readonly KubernetesObject[]
  /** Oldest first: the newest serves a Service that several could. */
  readonly gateways: () => readonly GatewayPod[]
}

/** Brings every LoadBalancer Service to what is true now; calls come after one another. @throws the API's error */
export function createGatewayPublisher(client: ResourceClient, { services: all, gateways }: GatewaySources): () => Promise<void> {
  const publishAll = async (): Promise<void> => {
    for (const service of all()) {
      if (fieldsOf(service['spec'])['type'] !== 'LoadBalancer') continue
      await publish(client, service, gateways()).catch((error: unknown) => {
        if (!isGone(error)) throw error
      })
    }
  }
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(publishAll, publishAll)
    return last
  }
}

/** Writes one Service's address and numbers, or takes back those of a gateway that is gone, unless it is so already. */
async function publish(client: ResourceClient, service: KubernetesObject, gateways: readonly GatewayPod[]): Promise<void> {
  const { name, namespace, annotations } = service.metadata
  const serving = gateways
    .filter(({ pod }) => servicesOf(pod, [service]).length > 0)
    .map(({ pod, record }) => ({ address: record.externalAddress, bound: boundServicePorts(service, pod, record) }))
    .findLast(({ bound }) => Object.keys(bound).length > 0)
  const ingress = serving ? [{ ip: serving.address }] : undefined
  const present = fieldsOf(fieldsOf(service['status'])['loadBalancer'])['ingress']
  // Addresses that no runtime has published are somebody else's.
  if (!serving && annotations?.[boundPortsAnnotation] === undefined) return
  if (!sameJson(parse(annotations?.[boundPortsAnnotation]), serving?.bound)) {
    const value = serving ? JSON.stringify(serving.bound) : null
    await client.patch(services, name, { metadata: { annotations: { [boundPortsAnnotation]: value } } }, namespace)
  }
  if (sameJson(present, ingress)) return
  await client.patch(services, name, { status: { loadBalancer: { ingress: ingress ?? null } } }, namespace, 'status')
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
