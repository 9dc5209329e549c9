/**
 * The newest acknowledged revision, in a small file beside the database. LMDB keeps two root pages and falls back to the older
 * one when the newer is damaged, which would silently undo a commit. The file is written after the commit and not synced, so
 * it is never ahead of an undamaged database, not even after a power failure.
 */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { corruptRecord } from './record.js'

export interface AcknowledgedRevision {
  note(revision: number): void
  close(): void
}

const digits = 16

/** @throws HEDDLE_STORE_CORRUPT when the database is older than what was acknowledged. */
export function openAcknowledgedRevision(folder: string, revision: number): AcknowledgedRevision {
  const path = join(folder, 'acknowledged')
  const known = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
  if (known > revision) throw corruptRecord('.summary', `revision ${known} was acknowledged but the newest that can be read is ${revision}`)
  const file = openSync(path, existsSync(path) ? 'r+' : 'w', 0o600)
  return {
    note: (newest) => void writeSync(file, String(newest).padStart(digits, '0'), 0),
    close: () => closeSync(file),
  }
}
