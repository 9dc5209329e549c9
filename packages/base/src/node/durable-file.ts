/** Small files that survive a crash: written beside, synced, renamed, the folder synced; readable by the owner only. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from './make-folder.js'

/**
 * Replaces a file so that a crash leaves the old content or the new one, never a part. Missing folders are made (0700); the file is 0600.
 * @throws the file system's error; the old content stays.
 */
export function writeDurably(path: string, content: string | Uint8Array): void {
  makeFolder(dirname(path))
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeNew(temporary, typeof content === 'string' ? Buffer.from(content) : content)
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
function writeNew(path: string, bytes: Uint8Array): void {
  rmSync(path, { force: true })
  const file = openSync(path, 'wx', 0o600)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The bytes, or undefined when there is no such file. @throws any other error of the file system. */
export function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
