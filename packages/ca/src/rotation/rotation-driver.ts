/**
 * Takes the steps of a rotation that was started, each when the plan says that it is ready, and starts one by itself before the
 * root ends when it may. A wall clock is looked at again and again instead of one long timer: it survives sleep, and timers of more
 * than 24.8 days fire at once.
 */
import { type Clock, type Logger, type Timer, messageOf } from '@heddle/base'
import type { StateKeeper } from '../authority/state-keeper.js'
import type { RotationPlan, RotationStep } from './plan.js'
import type { DrivenRotation, Rotation } from './rotation.js'
import { lookMs } from './step-holds.js'

export interface RotationDriverOptions {
  /** Whether a rotation starts when the forecast says that it is time. */
  readonly isAutomatic: boolean
}

export interface RotationDriver {
  close(): void
}

const busyTickMs = 1000
const idleTickMs = 60_000
/** After the last acknowledgement connections are still being replaced by others: proxies look at theirs every two seconds. Other replicas hold a step within that time. */
const settleMs = 6000
/** One line a day for each alarm. */
const alarmEveryMs = 86_400_000

export function driveRotation(
  rotation: DrivenRotation,
  keeper: StateKeeper,
  { isAutomatic }: RotationDriverOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): RotationDriver {
  let timer: Timer | undefined
  let isClosed = false
  let ready: { readonly step: RotationStep; readonly sinceMs: number } | undefined
  let alarmedAtMs = Number.NEGATIVE_INFINITY

  const tick = async (): Promise<void> => {
    try {
      await keeper.refresh()
      await keeper.turnJwtKeys()
      alarm()
      if (isDue()) await rotation.start({ claimedActor: 'forecast' })
      await rotation.holdStep()
      const plan = rotation.plan()
      if (!plan.next.isReady || plan.next.step !== ready?.step) ready = undefined
      if (plan.isRunning && plan.next.isReady && isSettled(plan))
        await takeStep(rotation, keeper, plan.next.step, plan.next.fingerprint, logger)
    } catch (error) {
      if (!isClosed) logger.error('a step of the root rotation failed; it is tried again', { error: messageOf(error) })
    } finally {
      schedule()
    }
  }
  /** Whether the workloads have been ready for long enough. */
  const isSettled = ({ next: { step, asksWorkloads }, observed }: RotationPlan): boolean => {
    if (!asksWorkloads || observed === undefined || (step === 'activate' && !keeper.isShared)) return true
    if (ready?.step !== step) ready = { step, sinceMs: clock.monotonicMs() }
    return clock.monotonicMs() - ready.sinceMs >= settleMs
  }
  const isDue = (): boolean => isAutomatic && keeper.current().rotation === undefined && isTimeFor(keeper, rotation, clock.now())
  const alarm = (): void => {
    if (clock.now() - alarmedAtMs < alarmEveryMs) return
    for (const { severity, message } of rotation.forecast().alarms) {
      alarmedAtMs = clock.now()
      logger[severity === 'critical' ? 'error' : 'warn'](message)
    }
  }
  const schedule = (): void => {
    timer?.cancel()
    if (!isClosed) timer = clock.setTimer(keeper.current().rotation ? busyTickMs : keeper.isShared ? lookMs : idleTickMs, () => void tick())
  }
  keeper.onChange(schedule)
  schedule()
  return {
    close() {
      isClosed = true
      timer?.cancel()
    },
  }
}

function isTimeFor(keeper: StateKeeper, rotation: Rotation, nowMs: number): boolean {
  const { roots } = keeper.current()
  return nowMs >= rotation.forecast().rotationStartsMs && !roots.some((root) => root.phase === 'prepared')
}

async function takeStep(
  rotation: Rotation,
  keeper: StateKeeper,
  step: RotationStep,
  fingerprint: string | undefined,
  logger: Logger,
): Promise<void> {
  logger.info('the root rotation takes a step', { step, root: fingerprint })
  switch (step) {
    case 'prepare':
      // Every root but the active one is gone: the rotation is over.
      await keeper.replace(({ rotation: _ended, ...state }) => state)
      return
    case 'activate':
      await rotation.activate()
      return
    case 'taint':
      await rotation.taint(fingerprint)
      return
    case 'revoke':
      // The plan has said that nobody needs it any more, by the clock or by every workload's word.
      await rotation.revoke(fingerprint as string, true)
  }
}

/** The same clock for what an authority below somebody else's root keeps: its keys for tokens. */
export function driveJwtKeys(keeper: StateKeeper, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }): RotationDriver {
  let isClosed = false
  const tick = async (): Promise<void> => {
    try {
      await keeper.refresh()
      await keeper.turnJwtKeys()
    } catch (error) {
      if (!isClosed) logger.error('the keys for tokens could not be looked after; tried again in a minute', { error: messageOf(error) })
    }
    if (!isClosed) timer = clock.setTimer(idleTickMs, () => void tick())
  }
  let timer: Timer = clock.setTimer(idleTickMs, () => void tick())
  return {
    close() {
      isClosed = true
      timer.cancel()
    },
  }
}
