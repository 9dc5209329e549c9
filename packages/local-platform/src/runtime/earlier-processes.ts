/** What an earlier platform left of a Pod: processes that still run and are taken over, and how the others stood. */
import type { Clock } from '@heddle/base'
import { adoptProcess, type ContainerProcess } from './container-process.js'
import type { ContainerRecord, PodRecord } from './pod-record.js'

export interface EarlierProcesses {
  /** Whether the container's process ran when this platform took over. */
  ranOn(container: string): boolean
  readonly isEmpty: boolean
  /** The record of a process that nobody looks after yet. */
  recordOf(container: string): ContainerRecord | undefined
  /** Gives the process to whoever looks after it from now on. */
  take(container: string): ContainerProcess | undefined
  /** How a container stood: where it goes on from. */
  earlierRun(container: string, lost: { readonly startTime: string; readonly nowTime: string }): ContainerRecord | undefined
  /** Ends what nobody took: the Pod ended before. */
  end(): Promise<void>
}

export function findEarlierProcesses(record: PodRecord, clock: Clock): EarlierProcesses {
  const waiting = new Map<string, ContainerProcess>()
  for (const [name, container] of Object.entries(record.containers)) {
    const process = container.process && adoptProcess(container.process, clock)
    if (process) waiting.set(name, process)
  }
  const running = new Set(waiting.keys())
  return {
    ranOn: (container) => running.has(container),
    isEmpty: running.size === 0,
    recordOf: (container) => (waiting.has(container) ? record.containers[container] : undefined),
    take(container) {
      const process = waiting.get(container)
      waiting.delete(container)
      return process
    },
    earlierRun(container, { startTime, nowTime }) {
      const earlier = record.containers[container]
      if (!earlier || running.has(container)) return earlier
      const { process, startedAt = startTime, ...rest } = earlier
      // Its process was lost with the platform: nobody knows how it ended.
      const lost = { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt, finishedAt: nowTime }
      const lastExit = process ? lost : rest.lastExit
      // A Pod whose processes are all gone starts from the beginning, init containers included, as after a node's restart.
      const isComplete = rest.isComplete === true && running.size > 0
      return { restartCount: rest.restartCount, isComplete, ...(lastExit && { lastExit }) }
    },
    async end() {
      const left = [...waiting.values()]
      waiting.clear()
      for (const process of left) process.kill()
      await Promise.all(left.map((process) => process.exited))
    },
  }
}
