/** Percentages: 0, or from the smallest share that a proxy can count to 100. */
import type { FaultList } from '../validate/fault.js'
import { error } from './reporter.js'

/** One request in a million. */
const smallest = 0.0001

export function checkPercent(value: number | undefined, below: readonly string[], faults: FaultList): void {
  if (value !== undefined && value !== 0 && (value < smallest || value > 100))
    error(faults, 'bad-percentage', below, `${value} is not a percentage.`, { expected: '0, or a number from 0.0001 to 100' })
}
