/**
 * DestinationRules by host, looked up as istiod does: first the rules of the proxy's namespace, then those that the service's
 * namespace exports to it, then those of the root namespace. A proxy of the root namespace itself (a gateway, mostly) begins
 * with that namespace's private rules only, so that a mesh-wide rule does not hide the one of the service.
 */
import type { DestinationRule, Subset, TrafficPolicy } from '../resources/destination-rule.js'
import { consolidateRules, type ConsolidatedRule } from './consolidated-rules.js'
import { createHostIndex, type HostIndex } from './host-index.js'
import type { MeshConfig } from './mesh-config.js'
import type { MeshService } from './mesh-service.js'
import { isSubset, type Labels } from './workload.js'

export interface EffectiveRule {
  /** Names the merged resources: equal for equal rules of one snapshot. */
  readonly key: string
  /** The first of the merged resources. */
  readonly resource: DestinationRule
  readonly trafficPolicy: TrafficPolicy | undefined
  readonly subsets: readonly Subset[]
}

export interface RuleViewer {
  readonly namespace: string
  readonly labels: Labels
}

export interface DestinationRuleIndex {
  /** What a proxy's calls to a service obey. */
  ruleFor(service: MeshService, viewer: RuleViewer): EffectiveRule | undefined
  /** What a workload's own port of a service obeys: a rule with a workloadSelector is about calls only. */
  inboundRuleFor(service: MeshService, viewer: RuleViewer): EffectiveRule | undefined
}

interface Candidate {
  readonly rule: ConsolidatedRule
  readonly effective: EffectiveRule
}

type Pool = HostIndex<Candidate>

export function indexDestinationRules(resources: readonly DestinationRule[], meshConfig: MeshConfig): DestinationRuleIndex {
  const { clusterDomain, rootNamespace } = meshConfig
  const consolidated = consolidateRules(resources, clusterDomain)
  const local = mapValues(consolidated.local, createPool)
  const exported = mapValues(consolidated.exported, createPool)
  const rootPrivate = mapValues(consolidated.private, createPool).get(rootNamespace)
  const known = new Map<string, readonly Candidate[]>()

  const exportedTo = (owner: string, service: MeshService, namespace: string): readonly Candidate[] =>
    narrowest(exported.get(owner), service.host).filter(({ rule }) => isExported(rule.exportTo, namespace))
  const find = (service: MeshService, namespace: string): readonly Candidate[] => {
    const own = narrowest(namespace === rootNamespace ? rootPrivate : local.get(namespace), service.host)
    if (own.length > 0) return own
    const offered = exportedTo(service.namespace, service, namespace)
    return offered.length > 0 ? offered : exportedTo(rootNamespace, service, namespace)
  }
  const candidates = (service: MeshService, namespace: string): readonly Candidate[] => {
    const key = `${namespace}|${service.host}`
    const found = known.get(key) ?? find(service, namespace)
    known.set(key, found)
    return found
  }
  return {
    ruleFor: (service, viewer) => {
      const rules = candidates(service, viewer.namespace)
      return (rules.find(({ rule }) => isSelected(rule, viewer)) ?? general(rules))?.effective
    },
    inboundRuleFor: (service, viewer) => general(candidates(service, viewer.namespace))?.effective,
  }
}

function createPool(rules: readonly ConsolidatedRule[]): Pool {
  return createHostIndex(rules.map((rule) => ({ pattern: rule.host, value: { rule, effective: effectiveRule(rule) } })))
}

/** Those of the narrowest host that covers a service; none when it is covered by none. */
function narrowest(pool: Pool | undefined, host: string): readonly Candidate[] {
  const covering = pool?.covering(host) ?? []
  return covering.filter((entry) => entry.pattern === covering[0]?.pattern).map((entry) => entry.value)
}

function isExported(exportTo: ReadonlySet<string>, namespace: string): boolean {
  return exportTo.size === 0 || exportTo.has('*') || exportTo.has(namespace)
}

function isSelected({ selector, namespace }: ConsolidatedRule, viewer: RuleViewer): boolean {
  return selector !== undefined && namespace === viewer.namespace && isSubset(selector, viewer.labels)
}

/** Rules that could not be merged stand side by side; the last one without a selector holds. */
function general(rules: readonly Candidate[]): Candidate | undefined {
  return rules.findLast(({ rule }) => rule.selector === undefined)
}

/** Subsets add up, the first of a name stays; the first traffic policy stands. */
function effectiveRule({ namespace, resources }: ConsolidatedRule): EffectiveRule {
  const subsets = new Map<string, Subset>()
  for (const subset of resources.flatMap((resource) => resource.spec?.subsets ?? []))
    if (!subsets.has(subset.name)) subsets.set(subset.name, subset)
  return {
    key: resources.map((resource) => `${namespace}/${resource.metadata.name ?? ''}`).join(','),
    resource: resources[0] as DestinationRule,
    trafficPolicy: resources.map((resource) => resource.spec?.trafficPolicy).find((policy) => policy !== undefined),
    subsets: [...subsets.values()],
  }
}

function mapValues<From, To>(entries: ReadonlyMap<string, From>, change: (value: From) => To): ReadonlyMap<string, To> {
  return new Map([...entries].map(([key, value]) => [key, change(value)]))
}
