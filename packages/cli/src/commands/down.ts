/**
 * `heddle down`: ends the mesh that `heddle up` runs, wherever its terminal is, and what a mesh that crashed left running.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, delay, HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import type { Invocation } from '../command/command.js'
import { diskFaultOf } from '../command/disk-fault.js'
import { exitCode } from '../command/exit-code.js'
import { secondsOf } from '../command/seconds.js'
import { releaseDiskReserve } from '../mesh/disk-reserve.js'
import { runtimeFolderOf, stateFolderOf } from '../target/state-folder.js'

/** Above what the platform gives its Pods to end, which is 5 s. */
const defaultTimeoutSeconds = 60
const pollMs = 50

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, signal } = invocation
  const stateFolder = stateFolderOf(invocation)
  const isStopped = await stopOwner(stateFolder, secondsOf(flags, 'timeout') ?? defaultTimeoutSeconds, signal)
  const { endLeftProcesses } = await import('@heddle/local-platform')
  const endLeft = (): Promise<number> => endLeftProcesses({ stateDir: stateFolder, runtimeDir: runtimeFolderOf(stateFolder) })
  const left = await endLeft().catch((error: unknown) => {
    if (diskFaultOf(error) === undefined) throw error
    // What a mesh keeps for this case is there unless it made use of it.
    releaseDiskReserve(stateFolder)
    return endLeft()
  })
  if (left > 0) streams.stdout.write(`ended ${left} ${left === 1 ? 'process' : 'processes'} that a mesh which crashed had left running\n`)
  if (isStopped || left > 0) streams.stdout.write(`the mesh of ${stateFolder} is down\n`)
  else streams.stdout.write(`no mesh runs with the state folder ${stateFolder}\n`)
  if (flags.boolean('purge') && existsSync(stateFolder)) purge(stateFolder, streams)
  return exitCode.ok
}

/** Asks the platform to end and waits until it has. @returns whether there was one. @throws HEDDLE_CLI_TIMEOUT */
async function stopOwner(stateFolder: string, timeoutSeconds: number, signal: AbortSignal, clock: Clock = systemClock): Promise<boolean> {
  const { stateOwner } = await import('@heddle/local-platform')
  const owner = stateOwner(stateFolder)
  if (!owner) return false
  process.kill(owner.pid, 'SIGTERM')
  const deadlineMs = clock.monotonicMs() + timeoutSeconds * 1000
  // It gives its lock back last, after every process of the mesh has ended; one that dies loses it too.
  while (stateOwner(stateFolder)?.pid === owner.pid) {
    if (clock.monotonicMs() >= deadlineMs)
      throw new HeddleError({
        code: 'HEDDLE_CLI_TIMEOUT',
        message: `the mesh of ${stateFolder} (pid ${owner.pid}) did not end within ${timeoutSeconds} s`,
        origin: 'user',
        hint: `It may still be ending: wait longer with --timeout TIME, or end it by force (kill -9 ${owner.pid}) and run "heddle down" again.`,
      })
    await delay(clock, pollMs, signal)
  }
  return true
}

function purge(stateFolder: string, streams: Invocation['streams']): void {
  if (!existsSync(join(stateFolder, 'store')))
    throw new HeddleError({
      code: 'HEDDLE_CLI_NOT_A_STATE_FOLDER',
      message: `${stateFolder} does not look like a state folder; nothing was deleted`,
      origin: 'user',
    })
  rmSync(stateFolder, { recursive: true, force: true })
  streams.stdout.write(`deleted ${stateFolder}\n`)
}
