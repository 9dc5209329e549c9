/** Parts of a workload's Pods, as rollouts and disruption budgets say them: a number, or a whole percentage. */
import type { PathSegment } from '../path.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { withoutSpaces } from '../validate/messages.js'
import { error, within } from './reporter.js'

const names = ['maxSurge', 'maxUnavailable', 'minAvailable'] as const
const expected = 'a number of Pods such as 1, or a percentage such as 25%'

/** @param below from a mapping that need not be there to what may hold the fields. */
export function checkPodShares(value: unknown, below: readonly PathSegment[], faults: FaultList): void {
  const [first, ...rest] = below
  if (typeof value !== 'object' || value === null) return
  if (first !== undefined) {
    within(faults, [first], () => checkPodShares((value as Readonly<Record<PathSegment, unknown>>)[first], rest, faults))
    return
  }
  for (const name of names) checkShare((value as Readonly<Record<string, unknown>>)[name], name, faults)
}

function checkShare(share: unknown, name: (typeof names)[number], faults: FaultList): void {
  if (typeof share === 'number' && share < 0) error(faults, 'out-of-range', [name], `${name} cannot be negative.`, { expected })
  if (typeof share !== 'string' || isPercentage(share)) return
  if (/^\d+$/.test(share)) {
    const message = `Expected ${expected}, but found the text "${clip(share)}". Write it without quotes.`
    error(faults, 'wrong-type', [name], message, { expected, suggestion: share })
  } else {
    const meant = withoutSpaces(share, isPercentage)
    error(faults, 'workload/share', [name], `"${clip(share)}" is no part of the Pods.`, { expected, ...meant })
  }
}

function isPercentage(text: string): boolean {
  return /^\d+%$/.test(text)
}
