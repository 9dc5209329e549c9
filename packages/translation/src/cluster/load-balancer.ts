/** DestinationRule loadBalancer -> Envoy's policy. Istio's default is LEAST_REQUEST. */
import type { Cluster } from '@heddle/routing'
import type { ConsistentHash, LoadBalancerSettings } from '../resources/destination-rule.js'
import { durationMs } from '../resources/duration-field.js'

type LoadBalancing = Pick<Cluster, 'lbPolicy' | 'ringHash' | 'maglev' | 'slowStart'>

const simplePolicies = {
  UNSPECIFIED: 'LEAST_REQUEST',
  LEAST_CONN: 'LEAST_REQUEST',
  LEAST_REQUEST: 'LEAST_REQUEST',
  ROUND_ROBIN: 'ROUND_ROBIN',
  RANDOM: 'RANDOM',
  PASSTHROUGH: 'CLUSTER_PROVIDED',
} as const

export function loadBalancing(settings: LoadBalancerSettings | undefined): LoadBalancing {
  if (settings?.consistentHash !== undefined) return hashBalancing(settings.consistentHash)
  const lbPolicy = simplePolicies[settings?.simple ?? 'UNSPECIFIED']
  const windowMs = durationMs(settings?.warmup?.duration ?? settings?.warmupDurationSecs)
  const warms = windowMs !== undefined && (lbPolicy === 'LEAST_REQUEST' || lbPolicy === 'ROUND_ROBIN')
  return { lbPolicy, ...(warms ? { slowStart: { windowMs } } : {}) }
}

function hashBalancing(hash: ConsistentHash): LoadBalancing {
  if (hash.maglev !== undefined) {
    const { tableSize } = hash.maglev
    return { lbPolicy: 'MAGLEV', ...(tableSize ? { maglev: { tableSize } } : {}) }
  }
  return { lbPolicy: 'RING_HASH', ringHash: { minimumRingSize: hash.ringHash?.minimumRingSize || hash.minimumRingSize || 1024 } }
}
