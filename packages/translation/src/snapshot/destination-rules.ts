/**
 * DestinationRules by host. A proxy uses the rule of its own namespace, else the one of the service's namespace, else the
 * one of the root namespace (the first that is exported to it); rules of one namespace for the same host are merged: their
 * subsets add up and the oldest traffic policy stands.
 */
import { resolveHost } from '../host/host-name.js'
import { isVisible } from '../host/visibility.js'
import type { DestinationRule, Subset, TrafficPolicy } from '../resources/destination-rule.js'
import { byCreation } from './age.js'
import { groupBy } from './group-by.js'
import { createHostIndex, type HostIndex } from './host-index.js'
import type { MeshConfig } from './mesh-config.js'
import type { MeshService } from './mesh-service.js'
import { isSubset, type Labels } from './workload.js'

export interface EffectiveRule {
  /** Names the merged resources: equal for equal rules of one snapshot. */
  readonly key: string
  /** The oldest of the merged resources. */
  readonly resource: DestinationRule
  readonly trafficPolicy: TrafficPolicy | undefined
  readonly subsets: readonly Subset[]
}

export interface RuleViewer {
  readonly namespace: string
  readonly labels: Labels
}

export interface DestinationRuleIndex {
  ruleFor(service: MeshService, viewer: RuleViewer): EffectiveRule | undefined
}

interface ResolvedRule {
  readonly resource: DestinationRule
  readonly namespace: string
  readonly host: string
}

export function indexDestinationRules(resources: readonly DestinationRule[], meshConfig: MeshConfig): DestinationRuleIndex {
  const rules = resources
    .toSorted((left, right) => byCreation(left.metadata, right.metadata))
    .map((resource) => {
      const namespace = resource.metadata.namespace ?? 'default'
      return { resource, namespace, host: resolveHost(resource.spec?.host ?? '', namespace, meshConfig.clusterDomain) }
    })
  const indexes = new Map<string, HostIndex<ResolvedRule>>()
  for (const [namespace, members] of groupBy(rules, (rule) => rule.namespace)) {
    indexes.set(namespace, createHostIndex(members.map((value) => ({ pattern: value.host, value }))))
  }
  return {
    ruleFor: (service, viewer) => {
      for (const namespace of new Set([viewer.namespace, service.namespace, meshConfig.rootNamespace])) {
        const covering = indexes.get(namespace)?.covering(service.host) ?? []
        const found = merge(covering.map((entry) => entry.value).filter((rule) => applies(rule, viewer)))
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

function applies(rule: ResolvedRule, viewer: RuleViewer): boolean {
  const selector = rule.resource.spec?.workloadSelector?.matchLabels
  if (selector !== undefined && (rule.namespace !== viewer.namespace || !isSubset(selector, viewer.labels))) return false
  return isVisible(rule.resource.spec?.exportTo, rule.namespace, viewer.namespace)
}

/** Of rules from narrow to wide: the narrowest host's, merged. */
function merge(rules: readonly ResolvedRule[]): EffectiveRule | undefined {
  const first = rules[0]
  if (first === undefined) return undefined
  const same = rules.filter((rule) => rule.host === first.host)
  const merged = same.map((rule) => rule.resource)
  const key = same.map((rule) => `${rule.namespace}/${rule.resource.metadata.name ?? ''}`).join(',')
  const subsets = new Map<string, Subset>()
  for (const subset of merged.flatMap((resource) => resource.spec?.subsets ?? []))
    if (!subsets.has(subset.name)) subsets.set(subset.name, subset)
  const trafficPolicy = merged.map((resource) => resource.spec?.trafficPolicy).find((policy) => policy !== undefined)
  return { key, resource: first.resource, trafficPolicy, subsets: [...subsets.values()] }
}
