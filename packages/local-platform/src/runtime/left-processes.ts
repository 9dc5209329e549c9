/**
 * Processes of Pods that outlived their platform: they are detached, so `kill -9` of the platform leaves them running. The
 * next platform adopts them or ends them here; without a next one, `heddle down` does.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Clock, delay, HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { isAlive, type ProcessIdentity } from '../process-start.js'
import { lockState } from '../store/state-lock.js'
import { createPodRecords, type PodRecord } from './pod-record.js'
import { endStrayProcesses, strayProcesses } from './stray-processes.js'
import { removeSocketFolder } from './workload-socket.js'

export interface LeftProcessesOptions {
  /** The platform's folder; no platform may be running on it. */
  readonly stateDir: string
  /** The runtime's folder, as the platform's owner gave it to `createRuntime`. */
  readonly runtimeDir: string
}

const endPollMs = 20
const endDeadlineMs = 10_000

/**
 * Ends every process that a platform which is gone left running; resolves with their number when none runs any more. Their
 * records stay, so that the Pods run again with the next platform.
 * @throws HEDDLE_STATE_IN_USE while a platform runs, HEDDLE_RUNTIME_PROCESS_LEFT when one does not end.
 */
export async function endLeftProcesses({ stateDir, runtimeDir }: LeftProcessesOptions): Promise<number> {
  // On a full disk the lock could not be taken.
  if (!hasProcesses(runtimeDir)) return 0
  // A platform that starts meanwhile would start what is being ended.
  const release = lockState(stateDir)
  try {
    return await endRuntimeProcesses(runtimeDir)
  } finally {
    release()
  }
}

/**
 * The same for the owner of the lock, such as a platform whose runtime did not close in time.
 * @throws HEDDLE_RUNTIME_PROCESS_LEFT when one does not end.
 */
export async function endRuntimeProcesses(runtimeDir: string, clock: Clock = systemClock): Promise<number> {
  const records = createPodRecords(runtimeDir).readAll()
  const recorded = records.flatMap(processesOf).filter(isAlive)
  for (const record of records) endRecorded(record)
  await untilGone(recorded, clock)
  for (const record of records) removeSocketFolder(record)
  return recorded.length + endStrayProcesses(resolve(runtimeDir), new Set())
}

function hasProcesses(runtimeDir: string): boolean {
  if (!existsSync(join(runtimeDir, 'pods'))) return false
  const isRecorded = createPodRecords(runtimeDir).readAll().flatMap(processesOf).some(isAlive)
  return isRecorded || strayProcesses(resolve(runtimeDir), new Set()).length > 0
}

/** Ends the processes that a record names, with all that they started. */
export function endRecorded(record: PodRecord): void {
  for (const identity of processesOf(record)) if (isAlive(identity)) endGroup(identity.pid)
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself between the two looks.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The containers whose recorded process runs, as their processes name them. */
export function liveContainers(records: Iterable<PodRecord>): ReadonlySet<string> {
  const live = new Set<string>()
  for (const record of records) {
    for (const [name, container] of Object.entries(record.containers)) {
      if (container.process && isAlive(container.process)) live.add(`${record.uid}/${name}/${container.restartCount}`)
    }
  }
  return live
}

function processesOf(record: PodRecord): readonly ProcessIdentity[] {
  return Object.values(record.containers).flatMap((container) => container.process ?? [])
}

async function untilGone(processes: readonly ProcessIdentity[], clock: Clock): Promise<void> {
  const deadlineMs = clock.monotonicMs() + endDeadlineMs
  for (let left = processes; left.some(isAlive); left = left.filter(isAlive)) {
    if (clock.monotonicMs() > deadlineMs)
      throw new HeddleError({
        code: 'HEDDLE_RUNTIME_PROCESS_LEFT',
        message: `processes of the mesh did not end: ${left.map(({ pid }) => pid).join(', ')}`,
        hint: 'They belong to the state folder; end them before it is used again.',
      })
    await delay(clock, endPollMs)
  }
}
