/**
 * One step of a rolling update, as Kubernetes' deployment controller takes it: grow the new set within maxSurge, shrink the
 * old ones as far as maxUnavailable allows, unhealthy replicas first. Pure; the controller carries the plan out.
 */

export interface SetState {
  readonly name: string
  /** Replicas asked for. */
  readonly wanted: number
  readonly available: number
}

export interface RolloutInput {
  readonly replicas: number
  readonly maxSurge: unknown
  readonly maxUnavailable: unknown
  readonly isRecreate: boolean
  readonly newSet: SetState
  /** Oldest first. */
  readonly oldSets: readonly SetState[]
  /** Pods of old sets that still exist, terminating ones included; Recreate waits for them. */
  readonly oldPods: number
}

/** Set name -> replicas it should have now; sets that stay as they are, are left out. */
export function planRollout(input: RolloutInput): ReadonlyMap<string, number> {
  if (input.isRecreate) return planRecreate(input)
  const { surge, unavailable } = rolloutLimits(input.replicas, input.maxSurge, input.maxUnavailable)
  const plan = new Map<string, number>()
  const newWanted = plannedNew(input, surge)
  if (newWanted !== input.newSet.wanted) plan.set(input.newSet.name, newWanted)
  for (const [name, wanted] of plannedOld(input, unavailable)) plan.set(name, wanted)
  return plan
}

function planRecreate({ replicas, newSet, oldSets, oldPods }: RolloutInput): ReadonlyMap<string, number> {
  const running = oldSets.filter((set) => set.wanted > 0)
  if (running.length > 0) return new Map(running.map((set) => [set.name, 0]))
  return oldPods > 0 || newSet.wanted === replicas ? new Map() : new Map([[newSet.name, replicas]])
}

/** Percentages of replicas: surge rounds up, unavailable rounds down; both zero would stand still, so one may be missing. */
export function rolloutLimits(
  replicas: number,
  maxSurge: unknown,
  maxUnavailable: unknown,
): { readonly surge: number; readonly unavailable: number } {
  const resolve = (value: unknown, round: (value: number) => number): number => {
    if (typeof value === 'number') return value
    const percent = /^(\d+)%$/.exec(typeof value === 'string' ? value : '25%')?.[1]
    return round((Number(percent ?? 25) * replicas) / 100)
  }
  const surge = resolve(maxSurge, Math.ceil)
  const unavailable = Math.min(replicas, resolve(maxUnavailable, Math.floor))
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function plannedNew({ replicas, newSet, oldSets }: RolloutInput, surge: number): number {
  if (newSet.wanted >= replicas) return replicas
  const total = newSet.wanted + oldSets.reduce((sum, set) => sum + set.wanted, 0)
  const room = Math.max(0, replicas + surge - total)
  return Math.min(replicas, newSet.wanted + room)
}

function plannedOld({ replicas, newSet, oldSets }: RolloutInput, maxUnavailable: number): ReadonlyMap<string, number> {
  const plan = new Map(oldSets.map((set) => [set.name, set.wanted]))
  const minAvailable = replicas - maxUnavailable
  const totalWanted = newSet.wanted + oldSets.reduce((sum, set) => sum + set.wanted, 0)
  const newUnavailable = Math.max(0, newSet.wanted - newSet.available)
  let removable = Math.max(0, totalWanted - minAvailable - newUnavailable)
  // Replicas that serve nobody cost nothing to remove.
  for (const set of oldSets) {
    const unhealthy = Math.min(removable, Math.max(0, set.wanted - set.available))
    plan.set(set.name, set.wanted - unhealthy)
    removable -= unhealthy
  }
  let spare = newSet.available + oldSets.reduce((sum, set) => sum + Math.min(set.available, plan.get(set.name) as number), 0) - minAvailable
  for (const set of oldSets) {
    const wanted = plan.get(set.name) as number
    const removed = Math.max(0, Math.min(spare, wanted))
    plan.set(set.name, wanted - removed)
    spare -= removed
  }
  return new Map([...plan].filter(([name, wanted]) => oldSets.some((set) => set.name === name && set.wanted !== wanted)))
}
