/**
 * Folders with their parents. `mkdir` with `recursive` never returns on Node 20 where a file system answers ENOENT although
 * the parent is there (under /proc, say), so folders that a user names are made step by step.
 */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Missing folders are made, for their owner only. @throws the file system's error; EEXIST or ENOTDIR where something else stands in the way. */
export function makeFolder(path: string): void {
  const error = tryMake(path)
  if (error === undefined) return
  const parent = dirname(path)
  if (error.code !== 'ENOENT' || isFolder(parent)) throw error
  makeFolder(parent)
  const second = tryMake(path)
  if (second !== undefined) throw second
}

function tryMake(path: string): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(path, { mode: 0o700 })
    return undefined
  } catch (error) {
    return isFolder(path) ? undefined : (error as NodeJS.ErrnoException)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
