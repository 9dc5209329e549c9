/** Gateways that no Pod carries out: a gateway of whatever namespace takes those whose selector its labels satisfy. */
import type { Gateway } from '../resources/gateway.js'
import type { Pod } from '../resources/kubernetes.js'
import type { TranslationIssue } from './translation-issue.js'

/** Without any Pod nothing is said: such a snapshot is one of files. */
export function idleGateways(gateways: readonly Gateway[], pods: readonly Pod[]): readonly TranslationIssue[] {
  if (pods.length === 0) return []
  const served = new Map<string, boolean>()
  return gateways.flatMap((gateway) => {
    const labels = Object.entries(gateway.spec?.selector ?? {})
    const selector = labels.map(([key, value]) => `${key}=${value}`).join(',')
    let isServed = served.get(selector)
    if (isServed === undefined) served.set(selector, (isServed = pods.some((pod) => hasAll(pod, labels))))
    return isServed ? [] : [idle(gateway, selector)]
  })
}

function hasAll({ metadata }: Pod, labels: readonly (readonly [string, string])[]): boolean {
  return labels.every(([key, value]) => metadata.labels?.[key] === value)
}

function idle({ metadata }: Gateway, selector: string): TranslationIssue {
  return {
    code: 'no-effect',
    severity: 'warning',
    resource: { kind: 'Gateway', namespace: metadata.namespace ?? 'default', name: metadata.name ?? '' },
    path: 'spec.selector',
    message: `no Pod has the labels ${selector}: nothing serves this Gateway`,
  }
}
