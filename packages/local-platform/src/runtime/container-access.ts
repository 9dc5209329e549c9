/** What users ask of a running container: its output, and commands in its place (`logs` and `exec`). */
import { existsSync } from 'node:fs'
import type { Clock } from '@heddle/base'
import { badRequest } from '../api/api-failure.js'
import type { PodExecOptions, PodExecOutput, PodLogOptions } from '../api/pod-runtime.js'
import { commandOutput, isPilotAgentRequest, pilotAgentRequest, startCommand } from './command-runner.js'
import type { ContainerUnit } from './container.js'
import { containerLogPath, createLogTurner } from './container-log-files.js'
import { type LogOptions, readLog } from './container-logs.js'
import type { PodWorker } from './pod-worker.js'

export interface ContainerAccess {
  logs(worker: PodWorker, unit: ContainerUnit, options: LogOptions & PodLogOptions): AsyncGenerator<Uint8Array>
  exec(worker: PodWorker, unit: ContainerUnit, options: PodExecOptions): AsyncGenerator<PodExecOutput>
  /** Turns the logs that are too long, of the containers that run. @throws the file system's error */
  turnLogs(workers: Iterable<PodWorker>): void
}

/** The kubelet's words for the common reasons; others stand for themselves. */
const waitingTexts: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

export function createContainerAccess(directoryOf: (podUid: string) => string, clock: Clock): ContainerAccess {
  const turner = createLogTurner()
  const logPath = (worker: PodWorker, unit: ContainerUnit, restartCount: number): string =>
    containerLogPath(directoryOf(worker.uid), unit.name, restartCount)
  return {
    async *logs(worker, unit, options) {
      const { restartCount, state, lastState } = unit.view()
      const place = `container "${unit.name}" in pod "${worker.name}"`
      if (options.previous && restartCount === 0) throw badRequest(`previous terminated ${place} not found`)
      if (!options.previous && state.kind === 'waiting' && !lastState)
        throw badRequest(`${place} is waiting to start: ${waitingTexts[state.reason] ?? state.reason}`)
      const current = logPath(worker, unit, restartCount)
      // A run that cannot begin yet leaves the log of the one before as the container's.
      const isBefore = options.previous || (state.kind === 'waiting' && restartCount > 0 && !existsSync(current))
      const path = isBefore ? logPath(worker, unit, restartCount - 1) : current
      const isRunning = (): boolean => !options.previous && unit.currentLaunch() !== undefined && unit.view().restartCount === restartCount
      yield* readLog(path, options, { isRunning, turns: () => turner.turns(path), clock })
    },
    async *exec(worker, unit, options) {
      const place = worker.execPlace(unit, options.command)
      if (!place) throw badRequest(`container ${unit.name} of pod ${worker.namespace}/${worker.name} is not running`)
      if (isPilotAgentRequest(options.command)) {
        const { exitCode, output } = await pilotAgentRequest(options.command, place.podIp)
        yield { type: exitCode === 0 ? 'stdout' : 'stderr', data: Buffer.from(output) }
        yield { type: 'exit', code: exitCode }
        return
      }
      yield* commandOutput(await startCommand(options.command, place), options)
    },
    turnLogs(workers) {
      const paths = [...workers].flatMap((worker) =>
        worker
          .units()
          .filter((unit) => unit.currentLaunch() !== undefined)
          .map((unit) => logPath(worker, unit, unit.view().restartCount)),
      )
      turner.check(paths)
    },
  }
}
