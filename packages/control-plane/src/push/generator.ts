/**
 * From the model to one proxy's resources: translation, then encoding; one result per stream and snapshot. Streams do not
 * share results by what a proxy calls itself: another workload could name the same proxy with other metadata.
 */
import { type MeshSnapshot, nameTable, type ProxyNode, translate, type TranslationIssue } from '@heddle/translation'
import { createResource, encode, encodeNameTable, typeUrls } from '@heddle/xds'
import { indexResources, type ProxyResources } from './proxy-resources.js'

export interface Generator {
  /** @param node the very object of the stream: its results are kept by it. */
  resourcesFor(node: ProxyNode): ProxyResources
}

export type OnIssues = (node: ProxyNode, issues: readonly TranslationIssue[]) => void

export function createGenerator(snapshot: MeshSnapshot, onIssues: OnIssues): Generator {
  const results = new WeakMap<ProxyNode, ProxyResources>()
  const generate = (node: ProxyNode): ProxyResources => {
    const { config, issues } = translate(snapshot, node)
    onIssues(node, issues)
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
      const found = results.get(node)
      if (found) return found
      const generated = generate(node)
      results.set(node, generated)
      return generated
    },
  }
}
