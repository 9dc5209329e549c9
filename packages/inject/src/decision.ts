/** Whether a Pod is injected. The order is Istio's: host network, system namespaces, the Pod's own word (label before annotation), selectors, policy. */
import { annotation } from './annotations.js'
import type { Pod } from './pod-spec.js'
import type { LabelMatch, ResolvedSettings } from './settings.js'

export type SkipReason = 'host-network' | 'ignored-namespace' | 'opted-out' | 'never-inject-selector' | 'policy-disabled'
export type Decision = { readonly kind: 'inject' } | { readonly kind: 'skip'; readonly reason: SkipReason }

const inject: Decision = { kind: 'inject' }

export function decide(pod: Pod, namespace: string, settings: ResolvedSettings): Decision {
  if (pod.spec.hostNetwork === true) return skip('host-network')
  if (settings.ignoredNamespaces.includes(namespace)) return skip('ignored-namespace')
  const labels = pod.metadata.labels ?? {}
  const word = labels[annotation.inject] ?? pod.metadata.annotations?.[annotation.inject] ?? ''
  if (word !== '') return /^(y|yes|true|on)$/i.test(word) ? inject : skip('opted-out')
  if (settings.neverInject.some((match) => matches(labels, match))) return skip('never-inject-selector')
  if (settings.alwaysInject.some((match) => matches(labels, match))) return inject
  return settings.policy === 'enabled' ? inject : skip('policy-disabled')
}

/** An empty selector selects nothing here: it could only be a mistake that switches injection for everybody. */
function matches(labels: Readonly<Record<string, string>>, match: LabelMatch): boolean {
  const wanted = Object.entries(match)
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}

function skip(reason: SkipReason): Decision {
  return { kind: 'skip', reason }
}
