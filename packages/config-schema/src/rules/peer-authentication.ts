/** Rules of PeerAuthentication: ports belong to workloads, so port-level modes need a selector. */
import type { PeerAuthentication, WorkloadSelector } from '../gen/types.js'
import type { FaultList } from '../validate/fault.js'
import { error, warning, within } from './reporter.js'

export function checkPeerAuthentication(resource: PeerAuthentication, faults: FaultList): void {
  within(faults, ['spec'], () => {
    const { selector, portLevelMtls } = resource.spec ?? {}
    const hasLabels = Object.keys(selector?.matchLabels ?? {}).length > 0
    if (portLevelMtls !== undefined && !hasLabels) {
      error(
        faults,
        'peer-authentication/selector-required',
        ['portLevelMtls'],
        'portLevelMtls needs a selector with matchLabels: ports belong to workloads.',
        {
          part: 'key',
          expected: 'selector.matchLabels beside it',
        },
      )
    }
    checkSelector(selector, 'selector', faults)
  })
}

export function checkSelector(selector: WorkloadSelector | undefined, name: string, faults: FaultList): void {
  if (selector === undefined) return
  const labels = Object.keys(selector.matchLabels ?? {})
  if (labels.length === 0) warning(faults, 'selector-empty', [name], 'The selector has no labels, so it selects every workload.')
}
