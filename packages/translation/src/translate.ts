/**
 * One proxy's configuration from the mesh: the services it sees, the rules that apply to it, and, for a gateway, the servers
 * it opens. Pure: the same snapshot and node give the same configuration, sorted by name.
 */
import type { ProxyConfig } from '@heddle/routing'
import { inboundClusters } from './cluster/inbound-clusters.js'
import { outboundClusters } from './cluster/outbound-clusters.js'
import { blackHoleCluster, inboundPassthroughCluster, passthroughCluster } from './cluster/static-clusters.js'
import { loadAssignments } from './endpoint/load-assignments.js'
import { gatewayListeners } from './gateway/gateway-listeners.js'
import { gatewayRoutes } from './gateway/gateway-routes.js'
import { virtualInbound } from './inbound/virtual-inbound.js'
import type { TranslationIssue } from './issue/translation-issue.js'
import { reportUnknownGateways } from './issue/unknown-gateways.js'
import type { ProxyNode } from './node/proxy-node.js'
import { outboundListeners } from './outbound/outbound-listeners.js'
import { outboundRoutes } from './outbound/outbound-routes.js'
import { createProxyView, type ProxyView } from './proxy/proxy-view.js'
import { compareText } from './snapshot/age.js'
import type { MeshSnapshot } from './snapshot/mesh-snapshot.js'

export interface Translation {
  readonly config: ProxyConfig
  /** Problems in resources that this proxy sees; empty when all of them do what they say. */
  readonly issues: readonly TranslationIssue[]
}

export function translate(snapshot: MeshSnapshot, node: ProxyNode): Translation {
  return translateView(createProxyView(snapshot, node))
}

export function translateView(view: ProxyView): Translation {
  const config = view.node.type === 'sidecar' ? sidecarConfig(view) : gatewayConfig(view)
  reportUnknownGateways(view)
  return { config, issues: view.issues.issues }
}

function sidecarConfig(view: ProxyView): ProxyConfig {
  const outbound = outboundClusters(view)
  return sorted({
    listeners: [...outboundListeners(view), virtualInbound(view)],
    routeConfigurations: outboundRoutes(view),
    clusters: [
      blackHoleCluster(view),
      passthroughCluster(view),
      inboundPassthroughCluster(view),
      ...inboundClusters(view),
      ...outbound.map((target) => target.cluster),
    ],
    endpoints: loadAssignments(view, outbound),
  })
}

function gatewayConfig(view: ProxyView): ProxyConfig {
  const outbound = outboundClusters(view)
  return sorted({
    listeners: gatewayListeners(view),
    routeConfigurations: gatewayRoutes(view),
    clusters: [blackHoleCluster(view), ...outbound.map((target) => target.cluster)],
    endpoints: loadAssignments(view, outbound),
  })
}

function sorted(config: ProxyConfig): ProxyConfig {
  return {
    listeners: config.listeners.toSorted((left, right) => compareText(left.name, right.name)),
    routeConfigurations: config.routeConfigurations.toSorted((left, right) => compareText(left.name, right.name)),
    clusters: config.clusters.toSorted((left, right) => compareText(left.name, right.name)),
    endpoints: config.endpoints.toSorted((left, right) => compareText(left.clusterName, right.clusterName)),
  }
}
