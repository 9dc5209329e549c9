/**
 * One container's process: detached from the platform, its output in a file, known by pid and start time so that a new
 * platform finds exactly it and never another process that got the same number.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Clock } from '@heddle/base'
import { identityOf, isAlive, type ProcessIdentity } from '../process-start.js'

export interface ProcessExit {
  /** 128 plus the signal's number when a signal ended it, as container runtimes report it. */
  readonly exitCode: number
  /** False when the process was not ours to wait for, so that its code is unknown. */
  readonly isKnown: boolean
}

export interface ContainerProcess {
  readonly identity: ProcessIdentity
  readonly exited: Promise<ProcessExit>
  /** Sends a signal to the container's first process. */
  signal(signal: NodeJS.Signals): void
  /** Ends the first process and everything it started. */
  kill(): void
}

export interface ProcessCommand {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly logPath: string
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
}
const adoptedPollMs = 200

/** Starts a process. @throws Node's error (`ENOENT`, `EACCES`) when the program cannot be started. */
export async function startProcess(command: ProcessCommand): Promise<ContainerProcess> {
  const log = openSync(command.logPath, 'a', 0o600)
  try {
    const child = spawn(command.command[0] as string, command.command.slice(1), {
      cwd: command.workingDirectory,
      env: command.environment as NodeJS.ProcessEnv,
      detached: true,
      stdio: ['ignore', log, log],
    })
    const exited = new Promise<ProcessExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ exitCode: code ?? 128 + (signalNumbers[signal ?? ''] ?? 0), isKnown: true }))
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    return processHandle(identityOf(child.pid as number), exited)
  } finally {
    closeSync(log)
  }
}

/** The process of an earlier platform if it still runs. Its end is noticed by looking, for it is not our child. */
export function adoptProcess(identity: ProcessIdentity, clock: Clock): ContainerProcess | undefined {
  if (!isAlive(identity)) return undefined
  const exited = new Promise<ProcessExit>((resolve) => {
    const look = (): void => {
      if (isAlive(identity)) clock.setTimer(adoptedPollMs, look)
      else resolve({ exitCode: 137, isKnown: false })
    }
    look()
  })
  return processHandle(identity, exited)
}

function processHandle(identity: ProcessIdentity, exited: Promise<ProcessExit>): ContainerProcess {
  return {
    identity,
    // A container is over when its first process is; what that left behind goes with it.
    exited: exited.then((exit) => {
      send(-identity.pid, 'SIGKILL')
      return exit
    }),
    signal(signal) {
      if (isAlive(identity)) send(identity.pid, signal)
    },
    kill() {
      if (isAlive(identity)) send(-identity.pid, 'SIGKILL')
    },
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
