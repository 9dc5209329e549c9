/**
 * The platform's state folder: made on first use (0700, it holds keys), refused when it is no folder, when a newer version
 * wrote it, or while another platform uses it. The lock names pid and start time, so a lock left by `kill -9` is taken over.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HeddleError, messageOf } from '@heddle/base'
import { writeDurably } from '@heddle/base/node'
import { processStart } from '../process-start.js'

/** Raised when the layout of the folder or of its records changes in a way that older versions would misread. */
export const stateVersion = 1

export interface StateFolder {
  readonly path: string
  release(): void
}

/** @throws HEDDLE_STATE_UNUSABLE, HEDDLE_STATE_NEWER, HEDDLE_STATE_IN_USE. */
export function openStateFolder(path: string): StateFolder {
  makeFolder(path)
  checkVersion(path)
  const lockPath = join(path, 'lock')
  takeLock(path, lockPath)
  return {
    path,
    release: () => {
      if (ownerOf(lockPath)?.pid === process.pid) rmSync(lockPath, { force: true })
    },
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    if (!statSync(path).isDirectory()) throw new Error('it is not a folder')
    writeFileSync(join(path, '.write-test'), '')
    rmSync(join(path, '.write-test'))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const reason = code === 'EEXIST' || code === 'ENOTDIR' ? 'a file stands in its place' : messageOf(error)
    throw new HeddleError({
      code: 'HEDDLE_STATE_UNUSABLE',
      message: `the state folder ${path} cannot be used: ${reason}`,
      origin: 'user',
      hint: 'Choose another folder with `--state DIR` or HEDDLE_STATE.',
      cause: error,
    })
  }
}

function checkVersion(path: string): void {
  const file = join(path, 'state.json')
  const found = readJson(file)
  if (found === undefined) return writeDurably(file, `${JSON.stringify({ version: stateVersion })}\n`)
  const version = found['version']
  if (typeof version !== 'number')
    throw new HeddleError({
      code: 'HEDDLE_STORE_CORRUPT',
      message: `${file} is damaged: it holds no version number`,
      hint: `Write {"version":${stateVersion}} into it.`,
    })
  if (version <= stateVersion) return
  throw new HeddleError({
    code: 'HEDDLE_STATE_NEWER',
    message: `the state folder ${path} was written by a newer version of Heddle (state version ${version}, this one reads up to ${stateVersion})`,
    origin: 'user',
    hint: 'Run the newer version, or choose another folder with `--state DIR`.',
  })
}

interface LockOwner {
  readonly pid: number
  readonly start: string | undefined
}

/** The lock appears complete or not at all (link is atomic), so a reader never sees half of it. */
function takeLock(path: string, lockPath: string): void {
  const own = join(path, `lock.${process.pid}`)
  writeFileSync(own, JSON.stringify({ pid: process.pid, start: processStart(process.pid) }), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (tryLink(own, lockPath)) return
      const owner = ownerOf(lockPath)
      if (owner && isAlive(owner)) throw inUse(path, owner.pid)
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

function ownerOf(lockPath: string): LockOwner | undefined {
  const found = readJson(lockPath)
  return typeof found?.['pid'] === 'number' ? { pid: found['pid'], start: found['start'] as string | undefined } : undefined
}

function isAlive(owner: LockOwner): boolean {
  const start = processStart(owner.pid)
  return start !== undefined && start === owner.start
}

function inUse(path: string, pid: number | undefined): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_STATE_IN_USE',
    message: `the state folder ${path} is in use by another running platform${pid === undefined ? '' : ` (pid ${pid})`}`,
    origin: 'user',
    hint: 'Stop it with `heddle down`, or start on another folder with `--state DIR`.',
  })
}

function readJson(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : {}
  }
}
