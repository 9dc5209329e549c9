/**
 * Puts what Pods mount to know whom to trust into every namespace: the mesh's roots (`istio-ca-root-cert`), and plugged-in revocation
 * lists (`istio-ca-crl`) for Istio's own proxies, which are pushed none.
 */
import { type Logger, messageOf } from '@heddle/base'
import { configMaps, type KubernetesObject, type ResourceClient, statusOf } from '@heddle/client'

export const rootConfigMap = 'istio-ca-root-cert'
export const crlConfigMap = 'istio-ca-crl'

export interface PublishedTrust {
  readonly rootsPem: string
  /** Empty: there are none, and no config map is made for them. */
  readonly crlPem: string
}

export interface RootPublisher {
  /** Makes sure of one namespace. */
  publish(namespace: string): Promise<void>
}

export function createRootPublisher(client: ResourceClient, trust: () => PublishedTrust, logger: Logger): RootPublisher {
  return {
    async publish(namespace) {
      const { rootsPem, crlPem } = trust()
      try {
        await put(client, namespace, rootConfigMap, 'root-cert.pem', rootsPem)
        await put(client, namespace, crlConfigMap, 'ca-crl.pem', crlPem)
      } catch (error) {
        // A namespace may end meanwhile, and another istiod may have been quicker; anything else is worth a line.
        const code = statusOf(error)?.code
        if (code !== 404 && code !== 409) logger.warn('the root could not be published', { namespace, error: messageOf(error) })
      }
    },
  }
}

/** An empty text makes nothing, but empties what is there: lists that were taken away count no longer. */
async function put(client: ResourceClient, namespace: string, name: string, key: string, text: string): Promise<void> {
  const live = await client.get(configMaps, name, namespace)
  const liveText = (live?.['data'] as Readonly<Record<string, string>> | undefined)?.[key] ?? ''
  if (liveText === text) return
  const data = { [key]: text }
  if (live) {
    await client.patch(configMaps, name, { data }, namespace)
    return
  }
  const made: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { 'istio.io/config': 'true' } },
    data,
  }
  await client.create(configMaps, made)
}
