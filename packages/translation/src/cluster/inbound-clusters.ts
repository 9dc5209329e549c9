/** The clusters behind `virtualInbound`: the app itself, on the port that the connection was made to. */
import type { Cluster } from '@heddle/routing'
import { inboundPorts, type InboundPort } from '../inbound/inbound-ports.js'
import { configPath } from '../proxy/config-path.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { durationMs } from '../resources/duration-field.js'
import { compareText } from '../snapshot/age.js'
import { inboundName } from './cluster-name.js'
import { circuitBreakers, tcpKeepalive, upstreamHttp } from './connection-pool.js'
import { serviceMetadata } from './outbound-clusters.js'
import { inboundSourceAddress } from './static-clusters.js'
import { policyFor } from './traffic-policy.js'

/** As good as never: an ORIGINAL_DST cluster would otherwise forget its hosts and with them their statistics. */
const cleanupIntervalMs = 9_223_372_035_000

export function inboundClusters(view: ProxyView): readonly Cluster[] {
  return inboundPorts(view).map((port) => inboundCluster(view, port))
}

function inboundCluster(view: ProxyView, { targetPort, service, port, services }: InboundPort): Cluster {
  const name = inboundName(targetPort)
  const rule = view.inboundRuleFor(service)
  const pool = policyFor(rule, undefined, port.number).connectionPool
  const http = upstreamHttp(port.protocol, pool, true)
  return {
    name,
    type: 'ORIGINAL_DST',
    altStatName: `${name};`,
    connectTimeoutMs: durationMs(pool?.tcp?.connectTimeout) ?? view.snapshot.meshConfig.connectTimeoutMs,
    lbPolicy: 'CLUSTER_PROVIDED',
    commonLb: {},
    circuitBreakers: circuitBreakers(pool),
    ...(http === undefined ? {} : { http }),
    ...tcpKeepalive(pool),
    sourceAddress: inboundSourceAddress,
    cleanupIntervalMs,
    metadata: {
      istio: {
        ...(rule?.trafficPolicy === undefined ? {} : { config: configPath('destination-rule', rule.resource.metadata) }),
        services: services.toSorted((left, right) => compareText(left.host, right.host)).map(serviceMetadata),
      },
    },
  }
}
