/** `heddle down`: ends the mesh that `heddle up` runs, wherever its terminal is. */
import { existsSync, readFileSync, rmSync, watch } from 'node:fs'
import { join } from 'node:path'
import { HeddleError } from '@heddle/base'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { stateFolderOf } from '../target/state-folder.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, signal } = invocation
  const stateFolder = stateFolderOf(invocation)
  const pid = ownerOf(stateFolder)
  if (pid !== undefined && isRunning(pid)) {
    process.kill(pid, 'SIGTERM')
    await untilReleased(stateFolder, pid, signal)
    streams.stdout.write(`the mesh of ${stateFolder} is down\n`)
  } else streams.stdout.write(`no mesh runs with the state folder ${stateFolder}\n`)
  if (flags.boolean('purge') && existsSync(stateFolder)) {
    if (!existsSync(join(stateFolder, 'store')))
      throw new HeddleError({
        code: 'HEDDLE_CLI_NOT_A_STATE_FOLDER',
        message: `${stateFolder} does not look like a state folder; nothing was deleted`,
        origin: 'user',
      })
    rmSync(stateFolder, { recursive: true, force: true })
    streams.stdout.write(`deleted ${stateFolder}\n`)
  }
  return exitCode.ok
}

function ownerOf(stateFolder: string): number | undefined {
  try {
    const lock = JSON.parse(readFileSync(join(stateFolder, 'lock'), 'utf8')) as { readonly pid?: number }
    return lock.pid
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The lock goes last, after every process of the mesh has ended. */
function untilReleased(stateFolder: string, pid: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = watch(stateFolder, () => check())
    const stop = (act: () => void): void => {
      watcher.close()
      act()
    }
    const check = (): void => {
      if (ownerOf(stateFolder) !== pid) stop(resolve)
    }
    signal.addEventListener('abort', () => stop(() => reject(signal.reason as Error)), { once: true })
    check()
  })
}
