/** Tells the API which addresses and ports a Pod has, and users where a gateway's really are. */
import {
  appAddressAnnotation,
  externalAddressAnnotation,
  type KubernetesObject,
  portMapAnnotation,
  type ResourceClient,
  type ResourceType,
} from '@heddle/client'
import { isGatewayPod, publishGatewayPorts, servicesOf } from './gateway-ports.js'
import type { Pod } from './pod.js'
import type { PodRecord } from './pod-record.js'
import { isGone } from './status-writer.js'

const pods: ResourceType = { group: '', version: 'v1', plural: 'pods' }

/** A Pod that is deleted meanwhile is no failure. @throws the API's error */
export async function publishPod(
  client: ResourceClient,
  pod: Pod,
  record: PodRecord,
  services: readonly KubernetesObject[],
): Promise<void> {
  try {
    const annotations = annotationsOf(record)
    const isKnown = Object.entries(annotations).every(([key, value]) => pod.metadata.annotations?.[key] === value)
    if (!isKnown) await client.patch(pods, pod.metadata.name, { metadata: { annotations } }, pod.metadata.namespace)
    if (!isGatewayPod(pod)) return
    for (const service of servicesOf(pod, services))
      if ((service['spec'] as { type?: string }).type === 'LoadBalancer') await publishGatewayPorts(client, service, pod, record)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

function annotationsOf({ portMap, appAddress, podIp, externalAddress }: PodRecord): Readonly<Record<string, string>> {
  return {
    [portMapAnnotation]: JSON.stringify(portMap),
    ...(appAddress !== podIp && { [appAddressAnnotation]: appAddress }),
    ...(externalAddress !== undefined && { [externalAddressAnnotation]: externalAddress }),
  }
}
