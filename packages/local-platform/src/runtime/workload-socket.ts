/**
 * Where the SPIFFE Workload API of an injected Pod has its socket: a Unix socket's name has room for 107 bytes, which a path below a
 * state folder exceeds, so it lies in a folder of its own under the system's folder for temporary files, 0700 and with a name that
 * nobody can guess beforehand. The Pod's record names it, so that it is removed with the Pod and by `down`.
 */
import { lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PodRecord } from './pod-record.js'

const socketName = 'agent.sock'
const maxSocketPathBytes = 107

/** The record with a folder for the socket; without one when there is no place for it, or no sidecar to serve it. */
export function withSocketFolder(record: PodRecord): PodRecord {
  if (record.appAddress === record.podIp) return record
  if (record.socketFolder !== undefined && isOurs(record.socketFolder)) return record
  const { socketFolder: _gone, ...others } = record
  const made = makeSocketFolder()
  return made === undefined ? others : { ...others, socketFolder: made }
}

/** The socket's path, for those in the Pod. */
export function socketPathOf({ socketFolder }: PodRecord): string | undefined {
  return socketFolder === undefined ? undefined : join(socketFolder, socketName)
}

export function removeSocketFolder({ socketFolder }: PodRecord): void {
  if (socketFolder !== undefined && isOurs(socketFolder)) rmSync(socketFolder, { recursive: true, force: true })
}

/** The first place that is short enough; the system's own may be deep, such as a test's. */
function makeSocketFolder(): string | undefined {
  for (const parent of new Set([tmpdir(), '/tmp'])) {
    const prefix = join(parent, 'heddle-')
    if (Buffer.byteLength(`${prefix}XXXXXX/${socketName}`) > maxSocketPathBytes) continue
    try {
      return mkdtempSync(prefix)
    } catch {
      // Not there, or not writable: the next one.
    }
  }
  return undefined
}

/** Somebody else may have put a folder or a link where ours was. */
function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  return found?.isDirectory() === true && (process.getuid === undefined || found.uid === process.getuid()) && (found.mode & 0o077) === 0
}
