/** Tells the API which addresses and ports a Pod has. */
import { appAddressAnnotation, externalAddressAnnotation, portMapAnnotation, type ResourceClient } from '@heddle/client'
import type { Pod } from './pod.js'
import type { PodRecord } from './pod-record.js'
import { podType } from './pod-type.js'
import { isGone } from './status-writer.js'

/** A Pod that is deleted meanwhile is no failure. @throws the API's error */
export async function publishPod(client: ResourceClient, pod: Pod, record: PodRecord): Promise<void> {
  try {
    const annotations = annotationsOf(record)
    const isKnown = Object.entries(annotations).every(([key, value]) => pod.metadata.annotations?.[key] === value)
    if (!isKnown) await client.patch(podType, pod.metadata.name, { metadata: { annotations } }, pod.metadata.namespace)
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
