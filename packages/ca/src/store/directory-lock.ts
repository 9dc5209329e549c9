/**
 * One process per state folder. The lock file names its holder by process id and start time, so that the lock of a killed process
 * is taken over at once, also when its id was given to another process since. It appears whole (link of a finished file).
 */
import { readFileSync } from 'node:fs'
import files from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { caError } from '../ca-error.js'

export interface DirectoryLock {
  release(): Promise<void>
}

interface Holder {
  readonly pid: number
  /** Clock ticks since boot, from /proc; empty where there is none. */
  readonly startTime: string
  readonly host: string
}

const maxAttempts = 5

/** @throws HeddleError `HEDDLE_CA_STATE_LOCKED` */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, 'ca.lock')
  const own: Holder = { pid: process.pid, startTime: startTimeOf(process.pid), host: hostname() }
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  await files.writeFile(draft, JSON.stringify(own), { flag: 'wx', mode: 0o600 })
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (await linkIfFree(draft, path)) return { release: () => files.rm(path, { force: true }) }
      const content = await readIfPresent(path)
      if (content !== undefined && isHeld(content)) throw locked(path, content)
      if (content !== undefined) await removeStale(path, content)
    }
    throw locked(path, await readIfPresent(path))
  } finally {
    await files.rm(draft, { force: true })
  }
}

async function linkIfFree(draft: string, path: string): Promise<boolean> {
  try {
    await files.link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves the stale file away first: of several processes that see it, one wins, and a lock taken meanwhile is put back. */
async function removeStale(path: string, seen: string): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await files.rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if ((await readIfPresent(aside)) !== seen) await linkIfFree(aside, path)
  await files.rm(aside, { force: true })
}

function isHeld(content: string): boolean {
  const holder = parseHolder(content)
  if (!holder) return false
  if (holder.host !== hostname()) return true
  return isAlive(holder.pid) && startTimeOf(holder.pid) === holder.startTime
}

function parseHolder(content: string): Holder | undefined {
  try {
    const value = JSON.parse(content) as Partial<Holder>
    return typeof value.pid === 'number' && typeof value.host === 'string'
      ? { pid: value.pid, startTime: value.startTime ?? '', host: value.host }
      : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command name may hold spaces and brackets, so count fields from its closing bracket: start time is field 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await files.readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function locked(path: string, content: string | undefined): Error {
  const holder = parseHolder(content ?? '')
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process'
  return caError('HEDDLE_CA_STATE_LOCKED', `the authority's state is in use by ${who}`, {
    origin: 'user',
    hint: `Stop that process, or, when it ran on a machine that is gone, remove "${path}".`,
    retryable: true,
  })
}
