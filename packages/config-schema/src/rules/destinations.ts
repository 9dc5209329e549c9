/** Weighted destinations: no negative weights, and somebody must get the traffic. */
import type { Destination, RouteDestination } from '../gen/types.js'
import type { FaultList } from '../validate/fault.js'
import { eachOf, error, warning, within } from './reporter.js'

export function checkDestinations(route: readonly RouteDestination[] | undefined, faults: FaultList): void {
  const entries = route ?? []
  eachOf(faults, 'route', entries, (entry) => {
    within(faults, ['destination'], () => checkDestination(entry.destination, faults))
    if ((entry.weight ?? 0) < 0)
      error(faults, 'weight-negative', ['weight'], 'A weight cannot be negative.', { expected: 'a whole number of at least 0' })
  })
  if (entries.length < 2) return
  const total = entries.reduce((sum, entry) => sum + Math.max(0, entry.weight ?? 0), 0)
  if (total === 0) {
    error(
      faults,
      'weights-zero',
      ['route'],
      `None of the ${entries.length} destinations has a weight, so none would get requests; give each its share.`,
      { part: 'key' },
    )
    return
  }
  entries.forEach((entry, index) => {
    if (entry.weight === undefined)
      warning(faults, 'weight-missing', ['route', index], 'This destination has no weight, so it gets no requests while others have one.', {
        dependsOn: [...faults.path, 'route', index, 'weight'],
      })
  })
}

export function checkDestination(destination: Destination | undefined, faults: FaultList): void {
  if (destination?.host === '*') error(faults, 'bad-host', ['host'], 'A destination is one service; "*" is not allowed here.')
  if (destination?.port !== undefined && destination.port.number === undefined) {
    error(faults, 'missing-field', ['port', 'number'], 'The port of a destination needs its number.', {
      part: 'key',
      expected: 'a port number',
    })
  }
}
