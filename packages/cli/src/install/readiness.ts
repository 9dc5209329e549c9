/** Waiting for what was asked for, by watching it. */
import type { KubernetesObject, ResourceClient, ResourceType } from '@heddle/client/resources'
import { deployments } from '../target/resource-types.js'

/** Resolves with the object once `holds`; rejects with the signal's reason when it aborts first. */
export function untilObject(
  client: ResourceClient,
  type: ResourceType,
  namespace: string,
  name: string,
  holds: (object: KubernetesObject) => boolean,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => void informer.close().then(() => reject(signal.reason as Error), reject)
    const informer = client.watch(type, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      onEvent: (event) => {
        if (event.type !== 'applied' || !holds(event.object)) return
        signal.removeEventListener('abort', onAbort)
        informer.close().then(() => resolve(event.object), reject)
      },
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}

export function untilDeploymentAvailable(
  client: ResourceClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  return untilObject(client, deployments, namespace, name, isAvailable, signal)
}

function isAvailable(object: KubernetesObject): boolean {
  const { metadata, spec, status } = object as unknown as {
    readonly metadata: { readonly generation?: number }
    readonly spec: { readonly replicas?: number }
    readonly status?: {
      readonly observedGeneration?: number
      readonly availableReplicas?: number
      readonly updatedReplicas?: number
      readonly replicas?: number
    }
  }
  const { observedGeneration = 0, availableReplicas = 0, updatedReplicas = 0, replicas = 0 } = status ?? {}
  const wanted = spec.replicas ?? 1
  return (
    observedGeneration >= (metadata.generation ?? 0) &&
    availableReplicas >= wanted &&
    updatedReplicas >= wanted &&
    replicas === updatedReplicas
  )
}
