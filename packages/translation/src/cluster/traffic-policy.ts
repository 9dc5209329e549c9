/**
 * The traffic policy of one cluster: the rule's, overlaid by the subset's; where a port has settings of its own they
 * replace the whole policy (fields are not merged), as DestinationRule defines.
 */
import type { Subset, TrafficPolicy, TrafficPolicyOverrides, WholePolicy } from '../resources/destination-rule.js'
import type { EffectiveRule } from '../snapshot/destination-rules.js'

export function policyFor(rule: EffectiveRule | undefined, subset: Subset | undefined, port: number): WholePolicy {
  const base = overlay({}, rule?.trafficPolicy, port)
  return overlay(base, subset?.trafficPolicy, port)
}

function overlay(base: WholePolicy, policy: TrafficPolicy | undefined, port: number): WholePolicy {
  if (policy === undefined) return base
  const own = policy.portLevelSettings?.find((settings) => settings.port?.number === port)
  const whole = wholeOf({ ...wholeOf(base), ...wholeOf(policy) })
  if (own !== undefined) return { ...whole, ...pick(own) }
  return { ...base, ...whole, ...pick(policy) }
}

function wholeOf({ proxyProtocol, retryBudget }: WholePolicy): WholePolicy {
  return { ...(proxyProtocol === undefined ? {} : { proxyProtocol }), ...(retryBudget === undefined ? {} : { retryBudget }) }
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
