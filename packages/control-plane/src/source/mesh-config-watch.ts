/** Follows the ConfigMap `istio`; what cannot be read leaves the last good settings in force. */
import { type Logger, messageOf } from '@heddle/base'
import { configMaps, type Informer, type KubernetesObject, type ResourceClient } from '@heddle/client'
import { meshConfigKey, meshConfigMap, readMeshConfig, type MeshConfig } from '@heddle/translation'

export interface MeshConfigWatch {
  /** Without the ConfigMap: nothing, so that the defaults hold. */
  current(): Partial<MeshConfig>
  readonly isSynced: boolean
  close(): Promise<void>
}

export interface MeshConfigWatchOptions {
  readonly client: ResourceClient
  /** The control plane's own. */
  readonly namespace: string
  /** Called when the first list has come, and after each change of the settings. */
  readonly onChange: () => void
  readonly logger: Logger
}

export function watchMeshConfig({ client, namespace, onChange, logger }: MeshConfigWatchOptions): MeshConfigWatch {
  let current: Partial<MeshConfig> = {}
  const take = (object: KubernetesObject): void => {
    try {
      const { config, ignored } = readMeshConfig(meshTextOf(object))
      if (ignored.length > 0) logger.warn('parts of the mesh configuration have no effect here', { fields: ignored.join(', ') })
      current = config
    } catch (error) {
      logger.error('the mesh configuration cannot be used; the last one holds', { error: messageOf(error) })
    }
  }
  const informer: Informer = client.watch(configMaps, {
    namespace,
    fieldSelector: `metadata.name=${meshConfigMap}`,
    onEvent(event) {
      if (event.type !== 'synced') {
        if (event.object.metadata.name !== meshConfigMap) return
        if (event.type === 'applied') take(event.object)
        else current = {}
      }
      onChange()
    },
  })
  return {
    current: () => current,
    get isSynced() {
      return informer.isSynced
    },
    close: () => informer.close(),
  }
}

/** The text of the mesh's settings in a ConfigMap; empty when it has none. */
export function meshTextOf(object: KubernetesObject | undefined): string {
  return (object?.['data'] as Readonly<Record<string, string>> | undefined)?.[meshConfigKey] ?? ''
}
