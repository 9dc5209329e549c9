/**
 * The durable object store of the embedded API: all objects in memory for reading, LMDB for keeping them. A write is
 * acknowledged and its event delivered only when LMDB has synced it to disk, so `kill -9` loses nothing that was
 * acknowledged. One strictly increasing revision counts all writes and survives restarts.
 *
 * Every record carries a checksum, a summary record (count and XOR of all checksums) shows a record that vanished, and the
 * revision beside the database shows when damage made LMDB fall back to an older commit.
 */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { HeddleError, messageOf } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client'
import { open, type RootDatabase } from 'lmdb'
import { createEventLog, type EventLog } from './event-log.js'
import { type AcknowledgedRevision, openAcknowledgedRevision } from './acknowledged-revision.js'
import { createDurableState, type DurableState } from './durable-state.js'
import { inKeyOrder } from './key-order.js'
import { corruptRecord, decodeRecord, encodeRecord } from './record.js'
import { hearCommitError, hearUnheardCommits } from './unheard-commits.js'

export interface Store {
  /** Version of the newest write, which may not be durable yet. */
  readonly revision: number
  readonly events: EventLog
  /** What is on disk: all that a reader may be shown, since what is not could be undone by a crash and its version given away again. */
  readonly durable: DurableState
  /** The newest state, for the checks of the next write. */
  get(key: string): KubernetesObject | undefined
  /** Objects of the newest state whose key starts with `prefix`, in key order. */
  list(prefix: string): readonly KubernetesObject[]
  /** Stores an object under a new resourceVersion; visible to `get` at once, resolved when durable. @throws HEDDLE_STORE_WRITE */
  put(key: string, object: KubernetesObject): Promise<KubernetesObject>
  /** Removes an object; resolves with its last state under the deletion's resourceVersion. */
  remove(key: string): Promise<KubernetesObject>
  /** Resolves when every write so far is durable. @throws HEDDLE_STORE_WRITE */
  synced(): Promise<void>
  close(): Promise<void>
}

interface Summary {
  readonly revision: number
  readonly count: number
  readonly digest: string
}

/** Sorts before every object's key, none of which starts with a dot. */
const summaryKey = '.summary'

/** Opens or makes the store in `folder`. @throws HEDDLE_STORE_CORRUPT, HEDDLE_STORE_UNUSABLE. */
export function openStore(folder: string, options: { readonly eventCapacity?: number } = {}): Store {
  const database = openDatabase(folder)
  const objects = new Map<string, KubernetesObject>()
  const digests = new Map<string, bigint>()
  const { acknowledged, ...loaded } = loadOrClose(database, folder, objects, digests)
  let { revision } = loaded
  let failure: HeddleError | undefined
  let total = [...digests.values()].reduce((sum, digest) => sum ^ digest, 0n)
  const events = createEventLog(revision, options.eventCapacity)
  const durable = createDurableState(objects, events)
  let tail: Promise<void> = Promise.resolve()
  const endHearing = hearUnheardCommits()

  /** Runs in call order; LMDB groups what waits at the same time into one synced commit. */
  const commit = (key: string, bytes: Buffer | undefined, digest: bigint, deliver: () => void): Promise<void> => {
    total ^= (digests.get(key) ?? 0n) ^ digest
    if (bytes) digests.set(key, digest)
    else digests.delete(key)
    const summary = encodeRecord(summaryKey, Buffer.from(JSON.stringify({ revision, count: objects.size, digest: String(total) })))
    const written = database.transaction(() => {
      ;(bytes ? database.put(key, bytes) : database.remove(key)).catch(hearCommitError)
      database.put(summaryKey, summary.bytes).catch(hearCommitError)
    })
    const version = revision
    const done = Promise.all([tail, written]).then(() => {
      acknowledged.note(version)
      deliver()
    })
    tail = done.catch((error: unknown) => {
      hearCommitError(error)
      failure ??= writeFailed(error)
    })
    return done.catch(() => Promise.reject(failure as HeddleError))
  }

  return {
    get revision() {
      return revision
    },
    events,
    durable,
    get: (key) => objects.get(key),
    list: (prefix) => inKeyOrder(objects, prefix).map(([, object]) => object),
    async put(key, object) {
      if (failure) throw failure
      const version = ++revision
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
      const previous = objects.get(key)
      const { bytes, digest } = encodeRecord(key, Buffer.from(JSON.stringify(stored)))
      objects.set(key, stored)
      await commit(key, bytes, digest, () => durable.append({ revision: version, key, object: stored, previous }))
      return stored
    },
    async remove(key) {
      if (failure) throw failure
      const previous = objects.get(key)
      if (!previous) throw missing(key)
      const version = ++revision
      const last = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(version) } }
      objects.delete(key)
      await commit(key, undefined, 0n, () => durable.append({ revision: version, key, object: undefined, previous }))
      return last
    },
    synced: () => tail.then(() => (failure ? Promise.reject(failure) : undefined)),
    async close() {
      await tail
      await database.close()
      acknowledged.close()
      endHearing()
    },
  }
}

function loadOrClose(
  database: RootDatabase<Buffer, string>,
  folder: string,
  objects: Map<string, KubernetesObject>,
  digests: Map<string, bigint>,
): { readonly revision: number; readonly acknowledged: AcknowledgedRevision } {
  try {
    const revision = load(database, objects, digests)
    return { revision, acknowledged: openAcknowledgedRevision(folder, revision) }
  } catch (error) {
    void database.close()
    throw error
  }
}

function openDatabase(folder: string): RootDatabase<Buffer, string> {
  try {
    // overlappingSync off: a commit resolves only after its fsync.
    const database = open<Buffer, string>({
      path: folder,
      noSubdir: false,
      encoding: 'binary',
      overlappingSync: false,
      compression: false,
    })
    // LMDB makes its files readable for others; Secrets are in them, the authority's key among them, and a copy may end in an open folder.
    for (const name of ['data.mdb', 'lock.mdb']) chmodSync(join(folder, name), 0o600)
    return database
  } catch (error) {
    throw new HeddleError({
      code: 'HEDDLE_STORE_UNUSABLE',
      message: `the store in ${folder} cannot be opened: ${messageOf(error)}`,
      hint: 'Restore the state folder from a copy, or start on another one with `--state DIR`.',
      cause: error,
    })
  }
}

/** Reads and checks everything; returns the newest revision. */
function load(database: RootDatabase<Buffer, string>, objects: Map<string, KubernetesObject>, digests: Map<string, bigint>): number {
  let summary: Summary | undefined
  let total = 0n
  for (const { key, value } of readRange(database)) {
    const { payload, digest } = decodeRecord(key, value)
    if (key === summaryKey) {
      summary = JSON.parse(payload.toString('utf8')) as Summary
      continue
    }
    objects.set(key, JSON.parse(payload.toString('utf8')) as KubernetesObject)
    digests.set(key, digest)
    total ^= digest
  }
  if (!summary && objects.size === 0) return 0
  if (!summary) throw corruptRecord(summaryKey, 'it is missing')
  if (summary.count !== objects.size || summary.digest !== String(total))
    throw corruptRecord(summaryKey, `${summary.count} objects were written but ${objects.size} can be read`)
  return summary.revision
}

function* readRange(database: RootDatabase<Buffer, string>): Generator<{ key: string; value: Buffer }> {
  let last = '(start)'
  try {
    for (const { key, value } of database.getRange({})) {
      last = String(key)
      yield { key: last, value }
    }
  } catch (error) {
    if (error instanceof HeddleError) throw error
    throw corruptRecord(last, `the records after it cannot be read (${messageOf(error)})`, error)
  }
}

function missing(key: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_STORE_MISSING', message: `the store holds no "${key}"` })
}

function writeFailed(error: unknown): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_STORE_WRITE',
    message: `the store could not be written: ${messageOf(error)}`,
    hint: 'Check the free space of the disk, then start the platform again. What was acknowledged is safe.',
    cause: error,
  })
}
