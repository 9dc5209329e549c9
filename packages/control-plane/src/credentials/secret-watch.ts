/** Follows the Secrets that may hold key material; tokens of service accounts and Helm's releases are left out. */
import { type InformerEvent, type KubernetesObject, type ResourceClient, secrets } from '@heddle/client'
import { hasTlsKeys } from './secret-material.js'

export interface SecretWatch {
  get(namespace: string, name: string): KubernetesObject | undefined
  /** Resolves when all were listed once. @throws the signal's reason */
  untilSynced(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface SecretWatchOptions {
  readonly client: ResourceClient
  /** Called for every Secret with TLS keys that comes, changes or goes, once synced. */
  readonly onChange: () => void
}

const fieldSelector = 'type!=kubernetes.io/service-account-token,type!=helm.sh/release.v1'

export function watchSecrets({ client, onChange }: SecretWatchOptions): SecretWatch {
  const held = new Map<string, KubernetesObject>()
  let synced: () => void = () => {}
  let isSynced = false
  const onSynced = new Promise<void>((resolve) => (synced = resolve))
  const take = (event: InformerEvent): void => {
    if (event.type === 'synced') {
      isSynced = true
      synced()
      return
    }
    const { namespace = '', name } = event.object.metadata
    const key = `${namespace}/${name}`
    const hadKeys = held.delete(key)
    const hasKeys = event.type === 'applied' && hasTlsKeys(event.object)
    if (hasKeys) held.set(key, event.object)
    if (isSynced && (hadKeys || hasKeys)) onChange()
  }
  const informer = client.watch(secrets, { fieldSelector, onEvent: take })
  return {
    get: (namespace, name) => held.get(`${namespace}/${name}`),
    untilSynced(signal) {
      if (signal === undefined) return onSynced
      return new Promise((resolve, reject) => {
        signal.throwIfAborted()
        const onAbort = (): void => reject(signal.reason as Error)
        signal.addEventListener('abort', onAbort, { once: true })
        void onSynced.then(() => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        })
      })
    },
    close: () => informer.close(),
  }
}
