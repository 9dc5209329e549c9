/**
 * Where a container's output lies: a file for each of its runs, the last and the one before, and beside a long one what was
 * turned away from it. A program writes to the file itself, with no process in between that could die with the platform; so a
 * file that is too long is copied and emptied under it (its descriptor appends), as logrotate's copytruncate does. What is
 * written between the last look and the emptying, a matter of microseconds, is lost.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** As a kubelet's containerLogMaxSize; it keeps five files, this platform two. */
const maxLogBytes = 10 * 1024 * 1024
const copyBytes = 1024 * 1024
const tailBytes = 4096

export function containerLogPath(podDirectory: string, name: string, restartCount: number): string {
  return join(podDirectory, 'containers', name, 'logs', `${restartCount}.log`)
}

/** What was turned away from a log. */
export function turnedPath(path: string): string {
  return `${path}.1`
}

/** `logs --previous` shows the run before this one; what was before that is gone. */
export function removeOldLogs(podDirectory: string, name: string, restartCount: number): void {
  const path = containerLogPath(podDirectory, name, restartCount - 2)
  rmSync(path, { force: true })
  rmSync(turnedPath(path), { force: true })
}

/** The end of a log as text; empty when there is none. */
export function logTail(path: string): string {
  try {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const buffer = Buffer.alloc(Math.min(size, tailBytes))
      readSync(file, buffer, 0, buffer.length, size - buffer.length)
      return buffer.toString('utf8')
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}

export interface LogTurner {
  /** Turns the logs that are too long; the others are forgotten. @param paths the logs that are written now. */
  check(paths: readonly string[]): void
  /** How often a log has been turned, by which a reader that follows sees that it must start again. */
  turns(path: string): number
}

export function createLogTurner(limitBytes: number = maxLogBytes): LogTurner {
  const turns = new Map<string, number>()
  return {
    check(paths) {
      for (const path of turns.keys()) if (!paths.includes(path)) turns.delete(path)
      for (const path of paths) {
        if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < limitBytes) continue
        turn(path)
        turns.set(path, (turns.get(path) ?? 0) + 1)
      }
    },
    turns: (path) => turns.get(path) ?? 0,
  }
}

/** In one go, so that no reader of this process sees a state in between; and no state in which the text is nowhere. */
function turn(path: string): void {
  const fresh = `${turnedPath(path)}.new`
  const source = openSync(path, 'r+')
  const target = openSync(fresh, 'w', 0o600)
  try {
    let position = copyFrom(source, 0, target)
    renameSync(fresh, turnedPath(path))
    position = copyFrom(source, position, target)
    ftruncateSync(source, 0)
  } finally {
    closeSync(source)
    closeSync(target)
  }
}

/** Copies what follows `start`. @returns where it ended. */
function copyFrom(source: number, start: number, target: number): number {
  const buffer = Buffer.allocUnsafe(copyBytes)
  let position = start
  for (;;) {
    const bytesRead = readSync(source, buffer, 0, buffer.length, position)
    if (bytesRead === 0) return position
    for (let at = 0; at < bytesRead;) at += writeSync(target, buffer, at, bytesRead - at)
    position += bytesRead
  }
}
