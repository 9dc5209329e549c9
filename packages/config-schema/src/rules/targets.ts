/** What a policy applies to: workloads by selector, or gateways and services by reference. */
import { nearest } from '@heddle/base'
import type { PolicyTargetReference, WorkloadSelector } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { checkSelector } from './peer-authentication.js'
import { eachOf, error, within } from './reporter.js'

interface Targets {
  readonly selector?: WorkloadSelector
  readonly targetRef?: PolicyTargetReference
  readonly targetRefs?: readonly PolicyTargetReference[]
}

const groups: Readonly<Record<string, string>> = {
  Gateway: 'gateway.networking.k8s.io',
  GatewayClass: 'gateway.networking.k8s.io',
  Service: '',
  ServiceEntry: 'networking.istio.io',
}

export function checkTargets({ selector, targetRef, targetRefs }: Targets, faults: FaultList): void {
  checkSelector(selector, 'selector', faults)
  if (targetRef) within(faults, ['targetRef'], () => checkTarget(targetRef, faults))
  eachOf(faults, 'targetRefs', targetRefs, (reference) => checkTarget(reference, faults))
}

function checkTarget({ group = '', kind, namespace }: PolicyTargetReference, faults: FaultList): void {
  if (namespace !== undefined && namespace !== '')
    error(faults, 'target-ref/namespace', ['namespace'], 'A policy is for its own namespace; leave the namespace out.', { part: 'key' })
  if (kind === undefined) return
  if (!Object.hasOwn(groups, kind)) {
    const suggestion = nearest(kind, Object.keys(groups))
    error(faults, 'target-ref/kind', ['kind'], `A policy cannot be attached to the kind "${clip(kind)}".`, {
      expected: `one of ${Object.keys(groups).join(', ')}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    })
  } else if (group !== groups[kind] && !(kind === 'Service' && group === 'core')) {
    error(faults, 'target-ref/kind', ['group'], `The kind ${kind} is not in the group "${clip(group)}".`, {
      expected: groups[kind] === '' ? 'an empty group' : (groups[kind] as string),
      suggestion: groups[kind] as string,
    })
  }
}
