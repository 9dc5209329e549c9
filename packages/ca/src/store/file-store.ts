/**
 * Keeps the state in a folder of its own: folder 0700, one file of mode 0600 for each generation, `ca-state.0000000042.json`. A new
 * generation is written beside, synced, renamed and the folder synced before it counts, so that a crash at any point leaves the old
 * state or the new one; the generation before stays as a spare for people, never for the program: the newest file alone is read,
 * and when it cannot be used the start stops. A lock file keeps a second process out.
 */
import { constants } from 'node:fs'
import files from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@heddle/base'
import { makeFolder } from '@heddle/base/node'
import { caError, stateCorrupt } from '../ca-error.js'
import type { CaStore } from './ca-store.js'
import { type DirectoryLock, lockDirectory } from './directory-lock.js'

export interface FileCaStoreOptions {
  /** Folder for the state; made with mode 0700 when it is missing. */
  readonly directory: string
}

/** The file of versions without generations; it counts as generation 0. */
const firstName = 'ca-state.json'
const generationPattern = /^ca-state\.(\d{10})\.json$/
const maxStateBytes = 1024 * 1024
/** The newest and the one before it. */
const keptGenerations = 2
/** Windows has no such bits; access there is governed by the folder's list. */
const hasModes = process.platform !== 'win32'

export function createFileCaStore({ directory }: FileCaStoreOptions): CaStore {
  let lock: DirectoryLock | undefined
  let generation = 0

  return {
    async open() {
      await prepareDirectory(directory)
      try {
        lock = await lockDirectory(directory)
        const newest = (await generationsIn(directory)).at(-1)
        generation = newest?.generation ?? 0
        return newest && (await readState(join(directory, newest.name)))
      } catch (error) {
        await lock?.release()
        lock = undefined
        throw asUnreadable(directory, error)
      }
    },
    async save(state) {
      const name = nameOf(generation + 1)
      try {
        await writeFile(directory, name, state)
        generation++
      } catch (cause) {
        throw caError(
          'HEDDLE_CA_STATE_WRITE_FAILED',
          `cannot save the authority's state to "${join(directory, name)}": ${messageOf(cause)}`,
          {
            hint: 'Check the space and the permissions of the folder; the state saved before is unchanged.',
            retryable: true,
            cause,
          },
        )
      }
      await removeOlder(directory)
    },
    async close() {
      await lock?.release()
      lock = undefined
    },
  }
}

interface Generation {
  readonly generation: number
  readonly name: string
}

function nameOf(generation: number): string {
  return `ca-state.${String(generation).padStart(10, '0')}.json`
}

/** Oldest first. */
async function generationsIn(directory: string): Promise<readonly Generation[]> {
  const found: Generation[] = []
  for (const name of await files.readdir(directory)) {
    const digits = generationPattern.exec(name)?.[1]
    if (digits !== undefined) found.push({ generation: Number(digits), name })
    else if (name === firstName) found.push({ generation: 0, name })
  }
  return found.sort((left, right) => left.generation - right.generation)
}

async function prepareDirectory(directory: string): Promise<void> {
  try {
    makeFolder(directory)
    const { mode } = await files.stat(directory)
    if (hasModes && (mode & 0o022) !== 0) throw unsafe(directory, 'others may write to the folder', 'chmod 700')
  } catch (cause) {
    throw asUnreadable(directory, cause)
  }
}

async function readState(path: string): Promise<Uint8Array> {
  let handle: files.FileHandle
  try {
    // A link in place of the file could point at somebody else's.
    handle = await files.open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP') throw unsafe(path, 'it is a symbolic link', 'replace it by the file of')
    throw asUnreadable(path, cause)
  }
  try {
    const { mode, size } = await handle.stat()
    if (hasModes && (mode & 0o077) !== 0) throw unsafe(path, 'others may read or write the private key', 'chmod 600')
    if (size > maxStateBytes) throw stateCorrupt(`"${path}" has ${size} bytes, at most ${maxStateBytes} are expected`)
    return await handle.readFile()
  } catch (cause) {
    throw asUnreadable(path, cause)
  } finally {
    await handle.close()
  }
}

async function writeFile(directory: string, name: string, content: Uint8Array): Promise<void> {
  const path = join(directory, name)
  const temporary = `${path}.new`
  await files.rm(temporary, { force: true })
  const handle = await files.open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } catch (error) {
    await files.rm(temporary, { force: true })
    throw error
  } finally {
    await handle.close()
  }
  await files.rename(temporary, path)
  try {
    await syncFolder(directory)
  } catch (error) {
    // What may not survive a power cut must not be read after a restart either.
    await files.rm(path, { force: true })
    throw error
  }
}

async function syncFolder(directory: string): Promise<void> {
  const folder = await files.open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Old generations hold keys of roots that are gone. What cannot be removed now is tried again with the next save. */
async function removeOlder(directory: string): Promise<void> {
  try {
    for (const { name } of (await generationsIn(directory)).slice(0, -keptGenerations))
      await files.rm(join(directory, name), { force: true })
  } catch {
    // The new state is saved; that is what was asked for.
  }
}

function unsafe(path: string, what: string, remedy: string): Error {
  return caError('HEDDLE_CA_STATE_UNSAFE', `refusing to use "${path}": ${what}`, { origin: 'user', hint: `Run: ${remedy} ${path}` })
}

function asUnreadable(path: string, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException
  if (code === undefined || code.startsWith('HEDDLE_')) return cause
  return caError('HEDDLE_CA_STATE_UNREADABLE', `cannot read the authority's state at "${path}": ${messageOf(cause)}`, {
    origin: 'user',
    hint: 'Check that the folder exists, is a folder, and belongs to you.',
    cause,
  })
}
