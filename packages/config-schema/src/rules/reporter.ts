/** How rules report: each rule works at one place of the resource and names faults relative to it. */
import type { FieldPath, PathSegment } from '../path.js'
import { addFault, type Fault, type FaultList } from '../validate/fault.js'

/** Runs a check one or more levels further in. */
export function within(faults: FaultList, below: readonly PathSegment[], check: () => void): void {
  const depth = faults.path.length
  faults.path.push(...below)
  check()
  faults.path.length = depth
}

/** Runs a check on every entry of the list at `name`. */
export function eachOf<T>(faults: FaultList, name: string, items: readonly T[] | undefined, check: (item: T, index: number) => void): void {
  items?.forEach((item, index) => within(faults, [name, index], () => check(item, index)))
}

export type FaultDetails = Pick<Fault, 'expected' | 'suggestion' | 'part' | 'related' | 'dependsOn'>

export function error(faults: FaultList, ruleId: string, below: readonly PathSegment[], message: string, details: FaultDetails = {}): void {
  addFault(faults, { ruleId, message, ...details }, ...below)
}

export function warning(
  faults: FaultList,
  ruleId: string,
  below: readonly PathSegment[],
  message: string,
  details: FaultDetails = {},
): void {
  addFault(faults, { ruleId, severity: 'warning', message, ...details }, ...below)
}

/** What may stand only once, each with its first place. */
export interface FirstPlaces<Key> {
  /**
   * Takes what stands here, or `below` here.
   * @returns details with the first place when it has been taken before
   */
  take(key: Key, faults: FaultList, ...below: readonly PathSegment[]): Required<Pick<FaultDetails, 'related'>> | undefined
}

export function firstPlaces<Key>(): FirstPlaces<Key> {
  const places = new Map<Key, FieldPath>()
  return {
    take(key, faults, ...below) {
      const path = places.get(key)
      if (path !== undefined) return { related: [{ path, message: 'Its first place.' }] }
      places.set(key, [...faults.path, ...below])
      return undefined
    },
  }
}

/** Where an earlier entry of the same list stands, for faults about two of them. */
export function earlier(faults: FaultList, message: string, ...path: readonly PathSegment[]): Pick<FaultDetails, 'related'> {
  return { related: [{ path: [...faults.path, ...path], message }] }
}
