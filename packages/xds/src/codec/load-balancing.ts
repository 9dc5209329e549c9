/** The load-balancing options of envoy.config.cluster.v3.Cluster. */
import type { Cluster, CommonLbConfig } from '@heddle/routing'
import type {
  Cluster_CommonLbConfigJson as CommonLbConfigJson,
  Cluster_LeastRequestLbConfigJson as LeastRequestJson,
  Cluster_RingHashLbConfigJson as RingHashJson,
  Cluster_SlowStartConfigJson as SlowStartJson,
  ClusterJson,
} from '../gen/envoy/config/cluster/v3/cluster_pb.js'
import { compact, durationJson, durationMs, int64Json, int64Number } from '../message/json-object.js'

type LbJson = Pick<ClusterJson, 'ringHashLbConfig' | 'maglevLbConfig' | 'leastRequestLbConfig' | 'roundRobinLbConfig' | 'commonLbConfig'>
type LbModel = Pick<Cluster, 'ringHash' | 'maglev' | 'leastRequest' | 'slowStart' | 'commonLb'>

/** The options of one policy exclude those of the others. */
export function encodeLoadBalancing(cluster: Cluster): LbJson {
  return compact<LbJson>({ ...encodePolicy(cluster), commonLbConfig: encodeCommonLb(cluster.commonLb) })
}

function encodePolicy(cluster: Cluster): LbJson {
  const slowStartConfig: SlowStartJson | undefined =
    cluster.slowStart === undefined ? undefined : compact<SlowStartJson>({ slowStartWindow: durationJson(cluster.slowStart.windowMs) })
  if (cluster.ringHash !== undefined) {
    const { minimumRingSize, maximumRingSize } = cluster.ringHash
    const sizes = { minimumRingSize: int64Json(minimumRingSize), maximumRingSize: int64Json(maximumRingSize) }
    return { ringHashLbConfig: compact<RingHashJson>(sizes) }
  }
  if (cluster.maglev !== undefined) return { maglevLbConfig: { tableSize: String(cluster.maglev.tableSize) } }
  if (cluster.leastRequest !== undefined || (slowStartConfig !== undefined && cluster.lbPolicy === 'LEAST_REQUEST')) {
    return { leastRequestLbConfig: compact<LeastRequestJson>({ choiceCount: cluster.leastRequest?.choiceCount, slowStartConfig }) }
  }
  return slowStartConfig === undefined ? {} : { roundRobinLbConfig: { slowStartConfig } }
}

export function decodeLoadBalancing(json: ClusterJson): LbModel {
  const slowStart = json.leastRequestLbConfig?.slowStartConfig ?? json.roundRobinLbConfig?.slowStartConfig
  return compact<LbModel>({
    ringHash: decodeRingHash(json.ringHashLbConfig),
    maglev: decodeMaglev(json),
    leastRequest: decodeLeastRequest(json.leastRequestLbConfig),
    slowStart: slowStart === undefined ? undefined : { windowMs: durationMs(slowStart.slowStartWindow) ?? 0 },
    commonLb: decodeCommonLb(json.commonLbConfig),
  })
}

function decodeRingHash(json: RingHashJson | undefined): LbModel['ringHash'] {
  if (json === undefined) return undefined
  const sizes = { minimumRingSize: int64Number(json.minimumRingSize), maximumRingSize: int64Number(json.maximumRingSize) }
  return compact<NonNullable<LbModel['ringHash']>>(sizes)
}

function decodeMaglev(json: ClusterJson): LbModel['maglev'] {
  const tableSize = int64Number(json.maglevLbConfig?.tableSize)
  return tableSize === undefined ? undefined : { tableSize }
}

function decodeLeastRequest(json: LeastRequestJson | undefined): LbModel['leastRequest'] {
  if (json?.choiceCount !== undefined) return { choiceCount: json.choiceCount }
  return json === undefined || json.slowStartConfig !== undefined ? undefined : {}
}

/** A panic threshold of 0 is a message without content; its absence means 50. */
function encodeCommonLb(common: CommonLbConfig | undefined): CommonLbConfigJson | undefined {
  if (common === undefined) return undefined
  const percent = common.healthyPanicThreshold
  return compact<CommonLbConfigJson>({
    healthyPanicThreshold: percent === undefined ? undefined : percent === 0 ? {} : { value: percent },
    localityWeightedLbConfig: common.localityWeighted === true ? {} : undefined,
  })
}

function decodeCommonLb(json: CommonLbConfigJson | undefined): CommonLbConfig | undefined {
  if (json === undefined) return undefined
  const percent = json.healthyPanicThreshold
  return compact<CommonLbConfig>({
    healthyPanicThreshold: percent === undefined ? undefined : Number(percent.value ?? 0),
    localityWeighted: json.localityWeightedLbConfig === undefined ? undefined : true,
  })
}
