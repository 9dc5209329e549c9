/** What the runtime must still know about a Pod after a crash: its addresses, ports, token, and the processes it started. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PortMap } from '@heddle/client'
import type { ProcessIdentity } from '../process-start.js'
import { removeSocketFolder } from './workload-socket.js'

export interface PodRecord {
  readonly version: 1
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly podIp: string
  readonly appAddress: string
  readonly externalAddress?: string
  readonly portMap: PortMap
  readonly token: string
  /** Of the Workload API's socket, outside the state folder; see workload-socket. */
  readonly socketFolder?: string
  readonly containers: Readonly<Record<string, ContainerRecord>>
}

export interface ContainerRecord {
  readonly restartCount: number
  readonly startedAt?: string
  /** The running process; absent when none runs. */
  readonly process?: ProcessIdentity
  /** What the probes said of that process last. */
  readonly isStarted?: boolean
  readonly isReady?: boolean
  /** How the last run ended; an init container whose last run ended with 0 is done. */
  readonly lastExit?: { readonly exitCode: number; readonly startedAt: string; readonly finishedAt: string; readonly reason: string }
  /** An init container that completed is not run again when the platform comes back. */
  readonly isComplete?: boolean
}

export interface PodRecords {
  directoryOf(uid: string): string
  readAll(): readonly PodRecord[]
  write(record: PodRecord): void
  /** Removes everything of the Pod: record, volumes and logs. */
  remove(uid: string): void
}

export function createPodRecords(stateDir: string): PodRecords {
  const podsDirectory = join(stateDir, 'pods')
  mkdirSync(podsDirectory, { recursive: true, mode: 0o700 })
  const directoryOf = (uid: string): string => join(podsDirectory, uid)
  return {
    directoryOf,
    readAll: () => readdirSync(podsDirectory).flatMap((uid) => readRecord(join(podsDirectory, uid, 'pod.json')) ?? []),
    write(record) {
      const directory = directoryOf(record.uid)
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const path = join(directory, 'pod.json')
      writeFileSync(`${path}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 })
      renameSync(`${path}.new`, path)
    },
    remove(uid) {
      const record = readRecord(join(directoryOf(uid), 'pod.json'))
      if (record) removeSocketFolder(record)
      rmSync(directoryOf(uid), { recursive: true, force: true })
    },
  }
}

function readRecord(path: string): PodRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as PodRecord
    return record.version === 1 ? record : undefined
  } catch {
    return undefined
  }
}
