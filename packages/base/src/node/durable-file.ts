/**
 * Files that survive a crash: written beside, synced, renamed, the folder synced. State is for its owner only; a user's file stays as it
 * was but for its content.
 */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from './make-folder.js'

const ownerOnly = 0o600
const asUmaskSays = 0o666

/**
 * Replaces a file so that a crash leaves the old content or the new one, never a part. Missing folders are made (0700); the file is 0600.
 * @throws the file system's error; the old content stays.
 */
export function writeDurably(path: string, content: string | Uint8Array): void {
  makeFolder(dirname(path))
  replace(path, content, ownerOnly)
}

/**
 * Replaces the content of a user's file in the same way: links lead to the file that is meant, and its mode and owner stay; a new file
 * gets the mode that others get. What is no regular file (`/dev/stdout`), and a file in a folder that takes no others, is written in place.
 * @throws the file system's error; the old content stays, unless it was written in place.
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const target = ifPresent(() => realpathSync(path))
  if (target === undefined) return replace(path, content, asUmaskSays)
  const there = statSync(target)
  if (!there.isFile()) return writeFileSync(target, content)
  try {
    replace(target, content, ownerOnly, there)
  } catch (error) {
    if (!isForbidden(error)) throw error
    writeFileSync(target, content)
  }
}

/** @param rights of the file that is replaced. */
function replace(path: string, content: string | Uint8Array, mode: number, rights?: Stats): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeNew(temporary, typeof content === 'string' ? Buffer.from(content) : content, mode, rights)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** What an earlier process left is removed, and nobody's link is followed. */
function writeNew(path: string, bytes: Uint8Array, mode: number, rights: Stats | undefined): void {
  rmSync(path, { force: true })
  const file = openSync(path, 'wx', mode)
  try {
    if (rights !== undefined) takeRights(file, rights)
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The owner first: changing it takes some bits of the mode away. Another's file is replaced by one's own. */
function takeRights(file: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(file, uid, gid)
  } catch (error) {
    if (!isForbidden(error)) throw error
  }
  fchmodSync(file, mode & 0o7777)
}

function isForbidden(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM'
}

/** The bytes, or undefined when there is no such file. @throws any other error of the file system. */
export function readIfPresent(path: string): Buffer | undefined {
  return ifPresent(() => readFileSync(path))
}

function ifPresent<Found>(find: () => Found): Found | undefined {
  try {
    return find()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
