/**
 * One line for each certificate, each holding the hash of the line before: a line that is changed, removed or put in between breaks
 * the chain from there on. Whoever can write the whole file can still make another chain, so keep the last hash elsewhere when that
 * matters.
 */
import { createHash } from 'node:crypto'
import type { AuditRecord } from './audit-record.js'

export interface AuditEntry {
  /** From 1, without gaps. */
  readonly sequence: number
  /** `hash` of the entry before; 64 zeros for the first. */
  readonly previous: string
  readonly record: AuditRecord
  /** SHA-256 over sequence, previous and record, lower-case hexadecimal. */
  readonly hash: string
}

export interface ChainHead {
  readonly sequence: number
  readonly hash: string
}

export type AuditVerification =
  | { readonly ok: true; readonly head: ChainHead }
  /** `sequence` is the number of the entry that should stand there. */
  | { readonly ok: false; readonly sequence: number; readonly reason: string }

export const emptyChain: ChainHead = { sequence: 0, hash: '0'.repeat(64) }

export function nextEntry(head: ChainHead, record: AuditRecord): AuditEntry {
  const unsigned = { sequence: head.sequence + 1, previous: head.hash, record }
  return { ...unsigned, hash: hashOf(unsigned) }
}

/** The entry of a line that follows `head`, or why it does not. */
export function readEntry(
  line: string,
  head: ChainHead,
): { readonly ok: true; readonly entry: AuditEntry } | { readonly ok: false; readonly reason: string } {
  let entry: AuditEntry
  try {
    entry = JSON.parse(line) as AuditEntry
  } catch {
    return { ok: false, reason: 'the line is not JSON' }
  }
  if (typeof entry !== 'object' || entry === null || typeof entry.record !== 'object') return { ok: false, reason: 'the line is no entry' }
  if (entry.sequence !== head.sequence + 1) return { ok: false, reason: `its number is ${entry.sequence}, expected ${head.sequence + 1}` }
  if (entry.previous !== head.hash) return { ok: false, reason: 'it does not follow the entry before' }
  if (entry.hash !== hashOf(entry)) return { ok: false, reason: 'its content does not match its hash' }
  // The hash is of what was read: a name that stands twice, or a field more, could be read in another way by others.
  return lineOf(entry) === line ? { ok: true, entry } : { ok: false, reason: 'the line is not as it was written' }
}

/** Without its end. */
export function lineOf({ sequence, previous, record, hash }: AuditEntry): string {
  return JSON.stringify({ sequence, previous, record, hash })
}

function hashOf({ sequence, previous, record }: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256').update(JSON.stringify({ sequence, previous, record })).digest('hex')
}
