/**
 * The issuance log on disk: JSON lines in files of at most 64 MiB, `issued-0000000001.jsonl` named by the first entry, mode 0600. A
 * record counts when it has been synced; records that come meanwhile are written together. At the start the newest file is
 * verified: a last line without its end was cut short by a crash before anybody got the certificate and is taken off; anything
 * else that does not fit stops the start.
 */
import files from 'node:fs/promises'
import { constants, createReadStream } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@heddle/base'
import { makeFolder } from '@heddle/base/node'
import { caError } from '../ca-error.js'
import { type AuditEntry, type AuditVerification, type ChainHead, emptyChain, lineOf, nextEntry, readEntry } from './audit-chain.js'
import type { AuditRecord, AuditSink } from './audit-record.js'

export interface AuditLogOptions {
  /** Folder of the log; made with mode 0700 when it is missing. */
  readonly directory: string
}

export interface HolderQuery {
  readonly spiffeId: string
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number
}

export interface AuditLog {
  /** To be given to the authority as `audit`. */
  readonly sink: AuditSink
  /** Waits for what is being written. */
  close(): Promise<void>
}

const namePattern = /^issued-(\d{10})\.jsonl$/
const maxFileBytes = 64 * 1024 * 1024
/** Records waiting to be written; more are refused, so nothing is issued. */
const maxWaiting = 20_000

/** @throws HeddleError `HEDDLE_CA_AUDIT_CORRUPT`, and the file system's error. */
export async function openAuditLog({ directory }: AuditLogOptions): Promise<AuditLog> {
  makeFolder(directory)
  const last = (await logFilesIn(directory)).at(-1)
  const opened = last ? await openExisting(directory, last) : await openNew(directory, emptyChain)
  const log = new JsonLinesLog(directory, opened)
  return { sink: (record) => log.add(record), close: () => log.close() }
}

interface OpenFile {
  readonly handle: files.FileHandle
  readonly head: ChainHead
  readonly size: number
}

interface Waiting {
  readonly record: AuditRecord
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

class JsonLinesLog {
  readonly #directory: string
  #file: OpenFile
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #isClosed = false
  /** Bytes of a failed write may stand behind the last entry. */
  #hasRemains = false

  constructor(directory: string, file: OpenFile) {
    this.#directory = directory
    this.#file = file
  }

  add(record: AuditRecord): Promise<void> {
    if (this.#isClosed || this.#waiting.length >= maxWaiting) return Promise.reject(new Error('the issuance log takes no records now'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject })
      this.#writing ??= this.#writeAll()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#writing
    await this.#file.handle.close()
  }

  async #writeAll(): Promise<void> {
    // Whatever comes in the same turn goes in one write.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0)
      try {
        await this.#write(batch.map(({ record }) => record))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#writing = undefined
  }

  async #write(records: readonly AuditRecord[]): Promise<void> {
    if (this.#file.size >= maxFileBytes) await this.#startNext()
    const { handle, size } = this.#file
    if (this.#hasRemains) await handle.truncate(size)
    this.#hasRemains = false
    let { head } = this.#file
    const lines: string[] = []
    for (const record of records) {
      const entry = nextEntry(head, record)
      lines.push(`${lineOf(entry)}\n`)
      head = entry
    }
    const bytes = Buffer.from(lines.join(''))
    try {
      await writeWhole(handle, bytes, size)
      await handle.datasync()
    } catch (error) {
      // A part may have been written; when it cannot be taken off now, the next write does so first.
      this.#hasRemains = true
      await handle.truncate(size).then(
        () => (this.#hasRemains = false),
        () => {},
      )
      throw error
    }
    this.#file = { handle, head, size: size + bytes.length }
  }

  async #startNext(): Promise<void> {
    const next = await openNew(this.#directory, this.#file.head)
    await this.#file.handle.close()
    this.#file = next
  }
}

/** Every entry in order, verified on the way. @throws HeddleError `HEDDLE_CA_AUDIT_CORRUPT` at the first that does not fit */
export async function* readAuditLog({ directory }: AuditLogOptions): AsyncGenerator<AuditEntry> {
  let head: ChainHead | undefined
  for (const name of await logFilesIn(directory)) {
    head ??= { ...emptyChain, sequence: firstSequenceOf(name) - 1 }
    for await (const line of linesOf(join(directory, name))) {
      const found = readEntry(line, startOf(head, line))
      if (!found.ok) throw corrupt(head.sequence + 1, found.reason)
      head = found.entry
      yield found.entry
    }
  }
}

/** Ended by line feeds alone, whatever readers of lines end them at: U+2028 stands in JSON as it is, and an audience may hold it. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(path, 'utf8')) {
    const lines = `${rest}${chunk as string}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

/** The first entry of a log whose older files were taken away vouches for its own place. */
function startOf(head: ChainHead, line: string): ChainHead {
  if (head.hash !== emptyChain.hash || head.sequence === 0) return head
  const previous = /"previous":"([0-9a-f]{64})"/.exec(line)?.[1]
  return previous === undefined ? head : { ...head, hash: previous }
}

/**
 * Whether every entry follows the one before.
 * @param noted the head of an earlier verification, kept elsewhere: the log must still hold it, which nothing in the log itself can tell
 * when its end was taken off. Default: none.
 */
export async function verifyAuditLog(options: AuditLogOptions, noted?: ChainHead): Promise<AuditVerification> {
  let head: ChainHead = emptyChain
  let isFound = noted === undefined || noted.sequence === 0
  try {
    for await (const entry of readAuditLog(options)) {
      head = entry
      if (entry.sequence === noted?.sequence) isFound = entry.hash === noted.hash
    }
    if (!isFound && noted)
      return { ok: false, sequence: noted.sequence, reason: `the entry that was noted as number ${noted.sequence} is not there` }
    return { ok: true, head: { sequence: head.sequence, hash: head.hash } }
  } catch (error) {
    return { ok: false, sequence: head.sequence + 1, reason: messageOf(error) }
  }
}

/** Who held a certificate of this identity at that time: what was issued, to whom and when, oldest first. */
export async function holdersOf(options: AuditLogOptions, { spiffeId, atMs }: HolderQuery): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = []
  for await (const { record } of readAuditLog(options)) {
    if (record.action === 'create-join-token') continue
    if (record.spiffeId === spiffeId && record.atMs <= atMs && atMs < record.notAfterMs + 1000) found.push(record)
  }
  return found
}

async function logFilesIn(directory: string): Promise<readonly string[]> {
  return (await files.readdir(directory)).filter((name) => namePattern.test(name)).sort()
}

function firstSequenceOf(name: string): number {
  return Number(namePattern.exec(name)?.[1])
}

async function openNew(directory: string, head: ChainHead): Promise<OpenFile> {
  const name = `issued-${String(head.sequence + 1).padStart(10, '0')}.jsonl`
  const handle = await files.open(join(directory, name), 'wx', 0o600)
  const folder = await files.open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
  return { handle, head, size: 0 }
}

async function openExisting(directory: string, name: string): Promise<OpenFile> {
  const handle = await openOwn(join(directory, name))
  try {
    const text = await handle.readFile('utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    let head: ChainHead = { ...emptyChain, sequence: firstSequenceOf(name) - 1 }
    for (const line of whole.split('\n').slice(0, -1)) {
      const found = readEntry(line, startOf(head, line))
      if (!found.ok) throw corrupt(head.sequence + 1, found.reason)
      head = found.entry
    }
    const size = Buffer.byteLength(whole)
    if (whole.length < text.length) await handle.truncate(size)
    return { handle, head: { sequence: head.sequence, hash: head.hash }, size }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** A disk with little room takes a part without a word; what is left over brings the error. */
async function writeWhole(handle: files.FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    if (bytesWritten === 0) throw new Error('the disk takes no more bytes')
    done += bytesWritten
  }
}

/** A link in place of the log could have anybody's file written to. */
async function openOwn(path: string): Promise<files.FileHandle> {
  try {
    return await files.open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ELOOP') throw cause
    throw caError('HEDDLE_CA_STATE_UNSAFE', `refusing to use "${path}": it is a symbolic link`, {
      origin: 'user',
      hint: 'Put the file itself in its place.',
    })
  }
}

function corrupt(sequence: number, reason: string): Error {
  return caError('HEDDLE_CA_AUDIT_CORRUPT', `the issuance log is broken at entry ${sequence}: ${reason}`, {
    hint: 'Somebody or something changed the log. Keep its files for an inquiry, and begin a new log in another folder.',
  })
}
