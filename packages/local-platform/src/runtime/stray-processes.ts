/**
 * Finds processes that a platform started and nobody knows any more: a crash between starting a process and recording
 * it, or children that outlived their container. They are known by the mark in their environment (Linux only; elsewhere
 * another process' environment is not readable, and the records alone must do).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { podEnvironment } from '@heddle/client'

/** Environment variable that names the container a process belongs to: `POD-UID/CONTAINER/RESTART`. */
export const containerIdVariable = 'HEDDLE_CONTAINER_ID'

/** Ends every process marked with this runtime whose container is not among `known`. Returns how many. */
export function endStrayProcesses(runtimeId: string, known: ReadonlySet<string>): number {
  let ended = 0
  for (const pid of strayProcesses(runtimeId, known)) {
    try {
      process.kill(pid, 'SIGKILL')
      ended++
    } catch {
      // It ended by itself between the two looks.
    }
  }
  return ended
}

/** The pids of every process marked with this runtime whose container is not among `known`. */
export function strayProcesses(runtimeId: string, known: ReadonlySet<string>): readonly number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid) || pid === process.pid) return false
      const container = containerOf(pid, runtimeId)
      return container !== undefined && !known.has(container)
    })
}

function containerOf(pid: number, runtimeId: string): string | undefined {
  let environment: string[]
  try {
    environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return undefined
  }
  if (!environment.includes(`${podEnvironment.runtime}=${runtimeId}`)) return undefined
  const prefix = `${containerIdVariable}=`
  return environment.find((variable) => variable.startsWith(prefix))?.slice(prefix.length) ?? ''
}
