/** Percentages: from 0 to 100. */
import type { FaultList } from '../validate/fault.js'
import { error } from './reporter.js'

export function checkPercent(value: number | undefined, below: readonly string[], faults: FaultList): void {
  if (value !== undefined && (value < 0 || value > 100))
    error(faults, 'bad-percentage', below, `${value} is not a percentage.`, { expected: 'a number from 0 to 100' })
}
