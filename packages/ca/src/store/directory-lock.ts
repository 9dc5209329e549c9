/**
 * One process per state folder. The lock file names its holder by process id and start time, so that the lock of a killed process
 * is taken over at once, also when its id was given to another process since. It appears whole (link of a finished file). A stale
 * lock is replaced, never removed, and only by who holds the lock on replacing this very one: a file named by the hash of its
 * content, taken by the same rules. So of any number of processes that find a stale lock, one gets in.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import files from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
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
export function lockDirectory(directory: string): Promise<DirectoryLock> {
  return lockPath(directory, join(directory, 'ca.lock'))
}

async function lockPath(directory: string, path: string): Promise<DirectoryLock> {
  const own: Holder & { readonly nonce: string } = {
    pid: process.pid,
    startTime: startTimeOf(process.pid),
    host: hostname(),
    nonce: randomBytes(8).toString('hex'),
  }
  const draft = join(directory, `ca.lock.${own.nonce}`)
  await files.writeFile(draft, JSON.stringify(own), { flag: 'wx', mode: 0o600 })
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (await linkIfFree(draft, path)) return { release: () => files.rm(path, { force: true }) }
      const content = await readIfPresent(path)
      if (content !== undefined && isHeld(content)) throw locked(path, content)
      if (content !== undefined && (await replaceStale(directory, path, draft, content))) {
        return { release: () => files.rm(path, { force: true }) }
      }
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

/** False when somebody else has replaced it meanwhile. @throws HeddleError `HEDDLE_CA_STATE_LOCKED` while somebody else is at it */
async function replaceStale(directory: string, path: string, draft: string, seen: string): Promise<boolean> {
  const name = createHash('sha256').update(`${path}\n${seen}`).digest('hex').slice(0, 32)
  const turn = await lockPath(directory, join(directory, `ca.lock.${name}`))
  try {
    if ((await readIfPresent(path)) !== seen) return false
    await files.rename(draft, path)
    return true
  } finally {
    await turn.release()
  }
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
