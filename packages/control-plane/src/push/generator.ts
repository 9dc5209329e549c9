/**
 * From the model to one proxy's resources: translation, then encoding; one result per stream and snapshot. Streams do not
 * share results by what a proxy calls itself: another workload could name the same proxy with other metadata.
 */
import { secretReferencesOf } from '@heddle/routing'
import { type MeshSnapshot, nameTable, type ProxyNode, translate, type TranslationIssue } from '@heddle/translation'
import { createResource, encode, encodeNameTable, typeUrls } from '@heddle/xds'
import { indexResources, type ProxyResources } from './proxy-resources.js'

export interface Generated {
  readonly resources: ProxyResources
  /** Secrets that the configuration names and the control plane is to serve. */
  readonly secretNames: readonly string[]
}

export interface Generator {
  /** @param node the very object of the stream: its results are kept by it. */
  resourcesFor(node: ProxyNode): Generated
}

export type OnIssues = (node: ProxyNode, issues: readonly TranslationIssue[]) => void

export function createGenerator(snapshot: MeshSnapshot, onIssues: OnIssues): Generator {
  const results = new WeakMap<ProxyNode, Generated>()
  const generate = (node: ProxyNode): Generated => {
    const { config, issues } = translate(snapshot, node)
    onIssues(node, issues)
    const encoded = encode(config, 'istio')
    const secretNames = secretReferencesOf(config.listeners, config.clusters).flatMap(({ name, source }) =>
      source === 'ads' ? [name] : [],
    )
    const resources = indexResources([
      [typeUrls.cluster, encoded.clusters],
      [typeUrls.endpoint, encoded.endpoints],
      [typeUrls.listener, encoded.listeners],
      [typeUrls.routeConfiguration, encoded.routeConfigurations],
      [typeUrls.nameTable, [createResource(typeUrls.nameTable, typeUrls.nameTable, encodeNameTable(nameTable(snapshot, node)))]],
    ])
    return { resources, secretNames }
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
