/** Walks the destinations of a VirtualService, wherever they stand. */
import type { Destination, VirtualService } from '../../gen/types.js'
import type { FieldPath } from '../../path.js'

export interface PlacedDestination {
  readonly destination: Destination
  readonly path: FieldPath
  readonly isMirror: boolean
}

export function destinationsOf({ spec }: VirtualService): readonly PlacedDestination[] {
  const found: PlacedDestination[] = []
  const add = (destination: Destination | undefined, path: FieldPath, isMirror = false): void => {
    if (destination !== undefined && destination.host !== '') found.push({ destination, path, isMirror })
  }
  spec.http?.forEach(({ route, mirror, mirrors }, index) => {
    route?.forEach(({ destination }, position) => add(destination, ['spec', 'http', index, 'route', position, 'destination']))
    add(mirror, ['spec', 'http', index, 'mirror'], true)
    mirrors?.forEach(({ destination }, position) => add(destination, ['spec', 'http', index, 'mirrors', position, 'destination'], true))
  })
  for (const protocol of ['tls', 'tcp'] as const) {
    spec[protocol]?.forEach(({ route }, index) => {
      route?.forEach(({ destination }, position) => add(destination, ['spec', protocol, index, 'route', position, 'destination']))
    })
  }
  return found
}
