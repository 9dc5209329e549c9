/**
 * Follows the ConfigMap `heddle-ca` of the control plane's namespace: whom the authority believes besides the mesh's own API. Each key is
 * taken by itself; one that cannot be read leaves what it said last in force.
 */
import { type Logger, messageOf } from '@heddle/base'
import { configMaps, type Informer, type ResourceClient } from '@heddle/client'

export const caSettingsConfigMap = 'heddle-ca'

export interface CaSettingsWatchOptions {
  readonly client: ResourceClient
  readonly namespace: string
  /** By key of the ConfigMap; called with its text when it changes, with undefined when it is not there any more. */
  readonly onText: Readonly<Record<string, (text: string | undefined) => void>>
  readonly logger: Logger
}

export interface CaSettingsWatch {
  close(): Promise<void>
}

export function watchCaSettings({ client, namespace, onText, logger }: CaSettingsWatchOptions): CaSettingsWatch {
  const known = new Map<string, string | undefined>()
  const take = (data: Readonly<Record<string, string>>): void => {
    for (const [key, tell] of Object.entries(onText)) {
      if (known.get(key) === data[key]) continue
      known.set(key, data[key])
      try {
        tell(data[key])
      } catch (error) {
        logger.error('a setting of the authority cannot be used; the last one holds', { setting: key, error: messageOf(error) })
      }
    }
  }
  const informer: Informer = client.watch(configMaps, {
    namespace,
    fieldSelector: `metadata.name=${caSettingsConfigMap}`,
    onEvent(event) {
      if (event.type === 'synced' || event.object.metadata.name !== caSettingsConfigMap) return
      take(event.type === 'applied' ? ((event.object['data'] ?? {}) as Readonly<Record<string, string>>) : {})
    },
  })
  return { close: () => informer.close() }
}
