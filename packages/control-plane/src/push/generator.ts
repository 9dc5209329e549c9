/** From the model to one proxy's resources: translation, then encoding; one result per proxy and snapshot. */
import type { Logger } from '@heddle/base'
import { type MeshSnapshot, nameTable, type ProxyNode, translate } from '@heddle/translation'
import { createResource, encode, encodeNameTable, typeUrls } from '@heddle/xds'
import { indexResources, type ProxyResources } from './proxy-resources.js'

export interface Generator {
  resourcesFor(node: ProxyNode): ProxyResources
  /** The proxy is gone. */
  forget(node: ProxyNode): void
}

export function createGenerator(snapshot: MeshSnapshot, logger: Logger): Generator {
  const results = new Map<string, ProxyResources>()
  const generate = (node: ProxyNode): ProxyResources => {
    const { config, issues } = translate(snapshot, node)
    for (const issue of issues) logger.debug('a resource has no or little effect on a proxy', { proxy: node.id, ...issue })
    const encoded = encode(config, 'istio')
    return indexResources([
      [typeUrls.cluster, encoded.clusters],
      [typeUrls.endpoint, encoded.endpoints],
      [typeUrls.listener, encoded.listeners],
      [typeUrls.routeConfiguration, encoded.routeConfigurations],
      [typeUrls.nameTable, [createResource(typeUrls.nameTable, typeUrls.nameTable, encodeNameTable(nameTable(snapshot, node)))]],
    ])
  }
  return {
    resourcesFor(node) {
      const found = results.get(node.id)
      if (found) return found
      const generated = generate(node)
      results.set(node.id, generated)
      return generated
    },
    forget: (node) => void results.delete(node.id),
  }
}
