/** istiod's `/debug/config_dump?proxyID=NAME.NAMESPACE`: what the control plane would send this proxy now, as protobuf JSON. */
import { translate } from '@heddle/translation'
import { encode, toJson } from '@heddle/xds'
import type { Discovery } from '../push/discovery.js'
import { json, type Page, text } from './monitoring-server.js'

export function configDumpOf(discovery: Discovery, proxyId: string | null): Page {
  const proxy = discovery.proxies().find(({ node }) => `${node.name}.${node.namespace}` === proxyId || node.id === proxyId)
  if (!proxy)
    return text(
      `no proxy "${proxyId ?? ''}" is connected; there are ${
        discovery
          .proxies()
          .map(({ node }) => `${node.name}.${node.namespace}`)
          .join(', ') || 'none'
      }\n`,
      404,
    )
  const { clusters, endpoints, listeners, routeConfigurations } = encode(translate(discovery.snapshot(), proxy.node).config, 'istio')
  return json({
    clusters: clusters.map(toJson),
    endpoints: endpoints.map(toJson),
    listeners: listeners.map(toJson),
    routes: routeConfigurations.map(toJson),
  })
}
