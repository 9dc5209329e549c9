/**
 * Of replicas that share a store each knows only the workloads that are connected to it. One whose workloads are not ready for the next
 * step of a rotation or handover holds it: it says so in the shared state, again and again while that lasts, and meanwhile nobody takes
 * the step by the workloads' word. A replica that has gone renews its hold no more, and the hold lapses.
 */
import type { Clock, Random } from '@heddle/base'
import type { CaState, StepHold } from '../authority/ca-state.js'
import { isConflict, type StateKeeper } from '../authority/state-keeper.js'

export interface StepHolds {
  /** Workloads of other replicas that are not ready, as those say; undefined when none holds the step. */
  elsewhere(): number | undefined
  /** Holds the next step for so many workloads of this replica; 0 when it does not know them yet, undefined lets go. */
  hold(workloads: number | undefined): Promise<void>
}

/** How often a replica looks at what others have saved while nothing is under way. */
export const lookMs = 3000
const renewMs = 5000
const lapseMs = 15_000

export function createStepHolds(keeper: StateKeeper, { clock, random }: { readonly clock: Clock; readonly random: Random }): StepHolds {
  return keeper.isShared ? new SharedHolds(keeper, clock, random) : { elsewhere: () => undefined, hold: () => Promise.resolve() }
}

class SharedHolds implements StepHolds {
  readonly #keeper: StateKeeper
  readonly #clock: Clock
  readonly #random: Random
  #replica: string | undefined
  #renewedMs = Number.NEGATIVE_INFINITY
  /** When this process saw each hold renewed last: the clocks of replicas differ. */
  readonly #seen = new Map<string, { readonly renewals: number; readonly atMs: number }>()

  constructor(keeper: StateKeeper, clock: Clock, random: Random) {
    this.#keeper = keeper
    this.#clock = clock
    this.#random = random
    keeper.onChange(() => this.#look())
    this.#look()
  }

  elsewhere(): number | undefined {
    const holds = this.#living(this.#keeper.current().holds ?? []).filter(({ replica }) => replica !== this.#replica)
    return holds.length === 0 ? undefined : holds.reduce((sum, { workloads }) => sum + workloads, 0)
  }

  async hold(workloads: number | undefined): Promise<void> {
    if (!this.#isDue(workloads)) return
    try {
      await this.#keeper.replace((state) => this.#withOwn(state, workloads))
      this.#renewedMs = this.#clock.monotonicMs()
    } catch (error) {
      // Another replica's hold was quicker; this one's turn comes with the next look.
      if (!isConflict(error)) throw error
    }
  }

  #isDue(workloads: number | undefined): boolean {
    const own = this.#keeper.current().holds?.find(({ replica }) => replica === this.#replica)
    if (workloads === undefined) return own !== undefined
    return own?.workloads !== workloads || this.#clock.monotonicMs() - this.#renewedMs >= renewMs
  }

  #withOwn({ holds = [], ...state }: CaState, workloads: number | undefined): CaState {
    const others = this.#living(holds).filter(({ replica }) => replica !== this.#replica)
    if (workloads === undefined) return others.length === 0 ? state : { ...state, holds: others }
    this.#replica ??= Buffer.from(this.#random.bytes(8)).toString('hex')
    const renewals = (holds.find(({ replica }) => replica === this.#replica)?.renewals ?? 0) + 1
    return { ...state, holds: [...others, { replica: this.#replica, renewals, workloads }] }
  }

  #look(): void {
    const atMs = this.#clock.monotonicMs()
    for (const { replica, renewals } of this.#keeper.current().holds ?? [])
      if (this.#seen.get(replica)?.renewals !== renewals) this.#seen.set(replica, { renewals, atMs })
  }

  #living(holds: readonly StepHold[]): readonly StepHold[] {
    const nowMs = this.#clock.monotonicMs()
    return holds.filter(({ replica }) => nowMs - (this.#seen.get(replica)?.atMs ?? nowMs) < lapseMs)
  }
}
