/**
 * The traffic policy of one cluster: the rule's, overlaid by the subset's; where a port has settings of its own they
 * replace the whole policy (fields are not merged), as DestinationRule defines.
 */
import type { Subset, TrafficPolicy, TrafficPolicyOverrides } from '../resources/destination-rule.js'
import type { EffectiveRule } from '../snapshot/destination-rules.js'

export function policyFor(rule: EffectiveRule | undefined, subset: Subset | undefined, port: number): TrafficPolicyOverrides {
  const base = overlay({}, rule?.trafficPolicy, port)
  return overlay(base, subset?.trafficPolicy, port)
}

function overlay(base: TrafficPolicyOverrides, policy: TrafficPolicy | undefined, port: number): TrafficPolicyOverrides {
  if (policy === undefined) return base
  const own = policy.portLevelSettings?.find((settings) => settings.port?.number === port)
  if (own !== undefined) return pick(own)
  return { ...base, ...pick(policy) }
}

function pick(policy: TrafficPolicyOverrides): TrafficPolicyOverrides {
  const { loadBalancer, connectionPool, outlierDetection, tls } = policy
  return {
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
    ...(connectionPool === undefined ? {} : { connectionPool }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(tls === undefined ? {} : { tls }),
  }
}
