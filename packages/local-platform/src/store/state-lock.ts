/**
 * The lock of a state folder: a file that names the process which uses it by pid and start time. A lock that `kill -9` left
 * behind is taken over, and a process that got the pid later is never mistaken for its owner.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HeddleError } from '@heddle/base'
import { identityOf, isAlive, type ProcessIdentity } from '../process-start.js'

/** The process that runs a platform on this folder now; undefined when none does. */
export function stateOwner(path: string): ProcessIdentity | undefined {
  const owner = ownerOf(join(path, 'lock'))
  return owner && isAlive(owner) ? owner : undefined
}

/** Takes the lock. @returns how to give it back. @throws HEDDLE_STATE_IN_USE */
export function lockState(path: string): () => void {
  const lockPath = join(path, 'lock')
  takeLock(path, lockPath)
  return () => {
    if (ownerOf(lockPath)?.pid === process.pid) rmSync(lockPath, { force: true })
  }
}

/** The lock appears complete or not at all (link is atomic), so a reader never sees half of it. */
function takeLock(path: string, lockPath: string): void {
  const own = join(path, `lock.${process.pid}`)
  writeFileSync(own, JSON.stringify(identityOf(process.pid)), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (tryLink(own, lockPath)) return
      const owner = stateOwner(path)
      if (owner) throw inUse(path, owner.pid)
      discardStale(lockPath, own)
    }
    throw inUse(path, undefined)
  } finally {
    rmSync(own, { force: true })
  }
}

function tryLink(own: string, lockPath: string): boolean {
  try {
    linkSync(own, lockPath)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function discardStale(lockPath: string, own: string): void {
  try {
    renameSync(lockPath, `${own}.stale`)
    rmSync(`${own}.stale`, { force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function ownerOf(lockPath: string): ProcessIdentity | undefined {
  try {
    const { pid, start } = JSON.parse(readFileSync(lockPath, 'utf8')) as Partial<ProcessIdentity>
    return typeof pid === 'number' && typeof start === 'string' ? { pid, start } : undefined
  } catch {
    return undefined
  }
}

function inUse(path: string, pid: number | undefined): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_STATE_IN_USE',
    message: `the state folder ${path} is in use by another running platform${pid === undefined ? '' : ` (pid ${pid})`}`,
    origin: 'user',
    hint: 'Stop it with `heddle down`, or start on another folder with `--state DIR`.',
  })
}
