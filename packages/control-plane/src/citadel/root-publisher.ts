/** Puts the mesh's root into every namespace (`istio-ca-root-cert`), where Pods mount it to trust the control plane. */
import { type Logger, messageOf } from '@heddle/base'
import { type KubernetesObject, type ResourceClient, statusOf } from '@heddle/client'

const configMaps = { group: '', version: 'v1', plural: 'configmaps' }
export const rootConfigMap = 'istio-ca-root-cert'

export interface RootPublisher {
  /** Makes sure of one namespace. */
  publish(namespace: string): Promise<void>
}

export function createRootPublisher(client: ResourceClient, rootsPem: () => string, logger: Logger): RootPublisher {
  return {
    async publish(namespace) {
      const wanted: KubernetesObject = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: rootConfigMap, namespace, labels: { 'istio.io/config': 'true' } },
        data: { 'root-cert.pem': rootsPem() },
      }
      try {
        const live = await client.get(configMaps, rootConfigMap, namespace)
        if (!live) await client.create(configMaps, wanted)
        else if ((live['data'] as Readonly<Record<string, string>> | undefined)?.['root-cert.pem'] !== rootsPem())
          await client.patch(configMaps, rootConfigMap, { data: wanted['data'] }, namespace)
      } catch (error) {
        // A namespace may end meanwhile, and another istiod may have been quicker; anything else is worth a line.
        const code = statusOf(error)?.code
        if (code !== 404 && code !== 409) logger.warn('the root could not be published', { namespace, error: messageOf(error) })
      }
    },
  }
}
