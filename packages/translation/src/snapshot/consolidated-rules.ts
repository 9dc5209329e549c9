/**
 * DestinationRules of one namespace for one host, merged the way istiod merges them: rules with a workloadSelector come first,
 * then the oldest; what has the same selector and the same exportTo becomes one rule; a rule that is exported at least as far
 * as an earlier one adds to it and stands alone, too; everything else stands alone.
 */
import { resolveHost } from '../host/host-name.js'
import type { DestinationRule } from '../resources/destination-rule.js'
import { byCreation } from './age.js'
import type { Labels } from './workload.js'

export interface ConsolidatedRule {
  readonly namespace: string
  readonly host: string
  /** As written; a rule with a selector is private to its namespace. */
  readonly exportTo: ReadonlySet<string>
  /** Absent: for every workload. */
  readonly selector: Labels | undefined
  /** At least one. */
  readonly resources: readonly DestinationRule[]
}

/** By the namespace of the rules. */
export interface ConsolidatedRules {
  /** What holds for proxies of the namespace itself. */
  readonly local: ReadonlyMap<string, readonly ConsolidatedRule[]>
  /** What is exported to others, at least to some. */
  readonly exported: ReadonlyMap<string, readonly ConsolidatedRule[]>
  /** What is exported to the own namespace only. */
  readonly private: ReadonlyMap<string, readonly ConsolidatedRule[]>
}

/** By namespace and host. */
type Pools = Map<string, Map<string, OpenRule[]>>

interface OpenRule extends ConsolidatedRule {
  readonly resources: DestinationRule[]
}

export function consolidateRules(resources: readonly DestinationRule[], clusterDomain: string): ConsolidatedRules {
  const local: Pools = new Map()
  const exported: Pools = new Map()
  const ownOnly: Pools = new Map()
  for (const resource of resources.toSorted(bySelectorAndAge)) {
    const rule = readRule(resource, clusterDomain)
    if (isLocal(rule)) add(local, rule)
    add(isPrivate(rule) ? ownOnly : exported, rule)
  }
  return { local: flat(local), exported: flat(exported), private: flat(ownOnly) }
}

function flat(pools: Pools): ReadonlyMap<string, readonly ConsolidatedRule[]> {
  return new Map([...pools].map(([namespace, hosts]) => [namespace, [...hosts.values()].flat()]))
}

function bySelectorAndAge(left: DestinationRule, right: DestinationRule): number {
  const general = (rule: DestinationRule): number => (rule.spec?.workloadSelector === undefined ? 1 : 0)
  return general(left) - general(right) || byCreation(left.metadata, right.metadata)
}

function readRule(resource: DestinationRule, clusterDomain: string): ConsolidatedRule {
  const namespace = resource.metadata.namespace ?? 'default'
  const { host = '', exportTo = [], workloadSelector } = resource.spec ?? {}
  return {
    namespace,
    host: resolveHost(host, namespace, clusterDomain),
    exportTo: new Set(workloadSelector === undefined ? exportTo : ['.']),
    selector: workloadSelector === undefined ? undefined : (workloadSelector.matchLabels ?? {}),
    resources: [resource],
  }
}

function isLocal({ exportTo, namespace }: ConsolidatedRule): boolean {
  return exportTo.size === 0 || exportTo.has('*') || exportTo.has('.') || exportTo.has(namespace)
}

function isPrivate({ exportTo, namespace }: ConsolidatedRule): boolean {
  return exportTo.size === 1 && (exportTo.has('.') || exportTo.has(namespace))
}

function add(pools: Pools, rule: ConsolidatedRule): void {
  const hosts = pools.get(rule.namespace) ?? new Map<string, OpenRule[]>()
  const sameHost = hosts.get(rule.host) ?? []
  pools.set(rule.namespace, hosts.set(rule.host, sameHost))
  let standsAlone = true
  for (const earlier of sameHost) {
    const relation = relationOf(earlier, rule)
    // The last one decides, as with istiod.
    standsAlone = relation !== 'same'
    if (relation !== 'apart') earlier.resources.push(...rule.resources)
  }
  if (standsAlone) sameHost.push({ ...rule, resources: [...rule.resources] })
}

/** `same`: one rule from now on; `wider`: the later adds to the earlier and stands alone, too; `apart`: only the latter. */
function relationOf(earlier: ConsolidatedRule, later: ConsolidatedRule): 'same' | 'wider' | 'apart' {
  const reaches = earlier.exportTo.size > 0 && [...earlier.exportTo].every((target) => later.exportTo.has(target))
  if (!reaches && !(earlier.exportTo.size === 0 && later.exportTo.size === 0)) return 'apart'
  if (earlier.selector === undefined && later.selector === undefined) return 'same'
  if (earlier.selector === undefined || later.selector === undefined) return 'wider'
  return isEqual(earlier.selector, later.selector) ? 'same' : 'apart'
}

function isEqual(left: Labels, right: Labels): boolean {
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key])
}
