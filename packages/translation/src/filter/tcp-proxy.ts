/** TCP proxies with Istio's names for their statistics. */
import type { NetworkFilter, TcpProxy, WeightedCluster } from '@heddle/routing'
import type { MeshConfig } from '../snapshot/mesh-config.js'
import { blackHole } from '../cluster/cluster-name.js'
import { accessLog } from './access-log.js'

/** What the destination's rule says to TCP proxies. */
export type TcpSettings = Pick<TcpProxy, 'idleTimeoutMs' | 'maxConnectionDurationMs' | 'hashesSourceIp'>

/** Towards one cluster, whose name is the statistics prefix; what goes into the black hole is not logged. */
export function tcpProxy(mesh: MeshConfig, cluster: string, settings: TcpSettings = {}): NetworkFilter {
  const proxy: TcpProxy = {
    statPrefix: cluster,
    target: { kind: 'cluster', cluster },
    ...settings,
    ...accessLog(mesh),
  }
  return { kind: 'tcp-proxy', proxy }
}

export function weightedTcpProxy(
  mesh: MeshConfig,
  statPrefix: string,
  clusters: readonly WeightedCluster[],
  settings: TcpSettings,
): NetworkFilter {
  return { kind: 'tcp-proxy', proxy: { statPrefix, target: { kind: 'weighted-clusters', clusters }, ...settings, ...accessLog(mesh) } }
}

/** For the guards against loops: without a log, so that a loop does not fill the disk. */
export function silentBlackHole(): NetworkFilter {
  return { kind: 'tcp-proxy', proxy: { statPrefix: blackHole, target: { kind: 'cluster', cluster: blackHole } } }
}
