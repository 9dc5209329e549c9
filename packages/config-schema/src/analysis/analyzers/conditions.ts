/** What istiod, ztunnel or a controller wrote into the status of a resource because it does not hold (IST0171). */
import type { FieldPath } from '../../path.js'
import type { Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import type { Report } from '../report.js'

/** Kinds, and the conditions that are good when they are True. */
const watched: Readonly<Record<string, readonly string[]>> = {
  Service: ['istio.io/WaypointBound'],
  ServiceEntry: ['istio.io/WaypointBound'],
  AuthorizationPolicy: ['ZtunnelAccepted', 'WaypointAccepted', 'istio.io/ZtunnelAccepted', 'istio.io/WaypointAccepted'],
  Gateway: ['Accepted', 'Programmed', 'ResolvedRefs'],
  HTTPRoute: ['Accepted', 'Programmed', 'ResolvedRefs'],
  GRPCRoute: ['Accepted', 'Programmed', 'ResolvedRefs'],
}

interface Condition {
  readonly type?: unknown
  readonly status?: unknown
  readonly reason?: unknown
  readonly message?: unknown
}

export function analyzeConditions(mesh: Mesh, report: Report): void {
  for (const view of mesh.views) {
    const types = watched[view.kind]
    if (types === undefined) continue
    for (const { condition, path } of conditionsOf(view)) {
      const type = typeof condition?.type === 'string' && types.includes(condition.type) ? condition.type : undefined
      if (type !== undefined && isNegative(condition ?? {})) report('IST0171', view, path, messageOf(type, condition ?? {}))
    }
  }
}

/** A waypoint may also take a part of a policy and say so. */
function isNegative({ type, status, reason }: Condition): boolean {
  return status === 'False' || (type === 'WaypointAccepted' && reason === 'PartiallyInvalid')
}

function messageOf(type: string, { reason, message }: Condition): string {
  const details = [reason, message].filter((part) => typeof part === 'string' && part !== '').join(': ')
  return `Its status says that it is not, or not wholly, ${type}${details === '' ? '' : ` (${details})`}.`
}

interface PlacedCondition {
  readonly condition: Condition | null
  readonly path: FieldPath
}

/** Its own, and of a route those at each parent. */
function conditionsOf({ resource }: View): readonly PlacedCondition[] {
  const { status } = resource as { readonly status?: { readonly conditions?: unknown; readonly parents?: unknown } | null }
  const listed = (value: unknown, path: FieldPath): readonly PlacedCondition[] =>
    Array.isArray(value) ? value.map((condition: Condition | null, index) => ({ condition, path: [...path, index] })) : []
  const parents = Array.isArray(status?.parents) ? (status.parents as readonly ({ readonly conditions?: unknown } | null)[]) : []
  return [
    ...listed(status?.conditions, ['status', 'conditions']),
    ...parents.flatMap((parent, index) => listed(parent?.conditions, ['status', 'parents', index, 'conditions'])),
  ]
}
