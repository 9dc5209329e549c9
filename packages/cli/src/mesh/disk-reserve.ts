/**
 * Space kept for the end of a mesh: on a full disk the records of its processes could not be written while they end, and
 * `heddle down` could not take the lock. The file is given up first, so that an end always finds room.
 */
import { randomBytes } from 'node:crypto'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A record has a few hundred bytes, and a file takes at least a page of 4 KiB. */
const reserveBytes = 131_072

/** Does nothing when there is no room: whoever needs some will say so. */
export function keepDiskReserve(stateFolder: string): void {
  const path = reservePath(stateFolder)
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= reserveBytes) return
    // Bytes that no file system can store as a hole or a pattern.
    writeFileSync(path, randomBytes(reserveBytes), { mode: 0o600 })
  } catch {
    releaseDiskReserve(stateFolder)
  }
}

export function releaseDiskReserve(stateFolder: string): void {
  rmSync(reservePath(stateFolder), { force: true })
}

function reservePath(stateFolder: string): string {
  return join(stateFolder, 'disk-reserve')
}
