/**
 * Keeps the state in one file of a folder of its own: folder 0700, file 0600, replaced by write, fsync, rename, fsync of the
 * folder, so that a crash at any point leaves the old state or the new one. A lock file keeps a second process out.
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

const stateName = 'ca-state.json'
const maxStateBytes = 1024 * 1024
/** Windows has no such bits; access there is governed by the folder's list. */
const hasModes = process.platform !== 'win32'

export function createFileCaStore({ directory }: FileCaStoreOptions): CaStore {
  const path = join(directory, stateName)
  let lock: DirectoryLock | undefined

  return {
    async open() {
      await prepareDirectory(directory)
      try {
        lock = await lockDirectory(directory)
        return await readState(path)
      } catch (error) {
        await lock?.release()
        lock = undefined
        throw asUnreadable(directory, error)
      }
    },
    async save(state) {
      try {
        await replaceFile(directory, path, state)
      } catch (cause) {
        throw caError('HEDDLE_CA_STATE_WRITE_FAILED', `cannot save the authority's state to "${path}": ${messageOf(cause)}`, {
          hint: 'Check the space and the permissions of the folder; the state saved before is unchanged.',
          retryable: true,
          cause,
        })
      }
    },
    async close() {
      await lock?.release()
      lock = undefined
    },
  }
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

async function readState(path: string): Promise<Uint8Array | undefined> {
  let handle: files.FileHandle
  try {
    // A link in place of the file could point at somebody else's.
    handle = await files.open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
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

async function replaceFile(directory: string, path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  await files.rm(temporary, { force: true })
  const handle = await files.open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await files.rename(temporary, path)
  const folder = await files.open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
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
