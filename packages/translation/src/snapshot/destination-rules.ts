/**
 * DestinationRules by host. A proxy uses the rule of its own namespace, else the one of the service's namespace, else the
 * one of the root namespace (the first that is exported to it); rules of one namespace for the same host are merged: their
 * subsets add up and the oldest traffic policy stands.
 */
import { bySpecificity, hostCovers, resolveHost } from '../host/host-name.js'
import { isVisible } from '../host/visibility.js'
import type { DestinationRule, Subset, TrafficPolicy } from '../resources/destination-rule.js'
import { byCreation } from './age.js'
import { groupBy } from './group-by.js'
import type { MeshConfig } from './mesh-config.js'
import type { MeshService } from './mesh-service.js'
import { isSubset, type Labels } from './workload.js'

export interface EffectiveRule {
  /** The oldest of the merged resources. */
  readonly resource: DestinationRule
  readonly trafficPolicy: TrafficPolicy | undefined
  readonly subsets: readonly Subset[]
}

export interface DestinationRuleIndex {
  /** Every resource with its resolved host, oldest first. */
  readonly all: readonly ResolvedRule[]
  ruleFor(service: MeshService, viewer: { readonly namespace: string; readonly labels: Labels }): EffectiveRule | undefined
}

export interface ResolvedRule {
  readonly resource: DestinationRule
  readonly namespace: string
  readonly host: string
}

export function indexDestinationRules(resources: readonly DestinationRule[], meshConfig: MeshConfig): DestinationRuleIndex {
  const all = resources
    .toSorted((left, right) => byCreation(left.metadata, right.metadata))
    .map((resource) => {
      const namespace = resource.metadata.namespace ?? 'default'
      return { resource, namespace, host: resolveHost(resource.spec.host, namespace, meshConfig.clusterDomain) }
    })
  const byNamespace = groupBy(all, (rule) => rule.namespace)
  return {
    all,
    ruleFor: (service, viewer) => {
      for (const namespace of new Set([viewer.namespace, service.namespace, meshConfig.rootNamespace])) {
        const rules = (byNamespace.get(namespace) ?? []).filter((rule) => applies(rule, viewer))
        const found = mostSpecific(rules, service.host)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

function applies(rule: ResolvedRule, viewer: { readonly namespace: string; readonly labels: Labels }): boolean {
  const selector = rule.resource.spec.workloadSelector?.matchLabels
  if (selector !== undefined && (rule.namespace !== viewer.namespace || !isSubset(selector, viewer.labels))) return false
  return isVisible(rule.resource.spec.exportTo, rule.namespace, viewer.namespace)
}

function mostSpecific(rules: readonly ResolvedRule[], host: string): EffectiveRule | undefined {
  const matching = rules.filter((rule) => hostCovers(rule.host, host)).toSorted((left, right) => bySpecificity(left.host, right.host))
  const first = matching[0]
  if (first === undefined) return undefined
  const merged = matching.filter((rule) => rule.host === first.host).map((rule) => rule.resource)
  const subsets = new Map<string, Subset>()
  for (const subset of merged.flatMap((resource) => resource.spec.subsets ?? []))
    if (!subsets.has(subset.name)) subsets.set(subset.name, subset)
  const trafficPolicy = merged.map((resource) => resource.spec.trafficPolicy).find((policy) => policy !== undefined)
  return { resource: merged[0] ?? first.resource, trafficPolicy, subsets: [...subsets.values()] }
}
