/**
 * The last accepted resources of a proxy in one file, with a checksum: all of them or none. Secrets are among them, so that a
 * gateway serves TLS after a restart without the control plane; the file is for its owner only (0600). What is known not to
 * exist is kept too, or a configuration that refers to it would never be complete again.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type Clock, type Logger, messageOf, type Timer } from '@heddle/base'
import { readIfPresent, writeDurably } from '@heddle/base/node'
import type { ResourceTable } from './resource-table.js'

export type Tables = Readonly<Record<string, ResourceTable<unknown>>>

export interface TableStoreOptions {
  readonly stateDir: string
  readonly tables: Tables
}

export interface TableStoreDeps {
  readonly clock: Clock
  readonly logger: Logger
}

export interface TableStore {
  /** Fills the tables; nothing is accepted by that yet. @returns false when there is nothing usable, which is then said; the tables are empty then. */
  load(): boolean
  /** Writes at once, but not more often than once a second: writing waits for the disk, and requests wait meanwhile. */
  save(): void
  /** Writes what is still to be written. */
  close(): void
}

const fileName = 'last-good-config.json'
const formatVersion = 2
const minIntervalMs = 1000

export function createTableStore(options: TableStoreOptions, deps: TableStoreDeps): TableStore {
  return new LastGoodFile(options, deps)
}

interface StoredTable {
  readonly held: readonly { readonly name: string; readonly version: string; readonly bytes: string }[]
  readonly absent: readonly string[]
}

interface StoredTables {
  readonly formatVersion: number
  readonly parts: Readonly<Record<string, StoredTable>>
}

class LastGoodFile implements TableStore {
  readonly #path: string
  readonly #tables: Tables
  readonly #deps: TableStoreDeps
  #writtenAtMs = Number.NEGATIVE_INFINITY
  #writtenDigest = ''
  #timer: Timer | undefined

  constructor({ stateDir, tables }: TableStoreOptions, deps: TableStoreDeps) {
    this.#path = join(stateDir, fileName)
    this.#tables = tables
    this.#deps = deps
  }

  load(): boolean {
    try {
      const text = readIfPresent(this.#path)?.toString('utf8')
      if (text === undefined) return false
      this.#fill(parse(text))
      return true
    } catch (error) {
      for (const table of Object.values(this.#tables)) table.drop([...table.held.keys(), ...table.absent])
      this.#deps.logger.warn('the last good configuration cannot be used', { file: this.#path, error: messageOf(error) })
      return false
    }
  }

  save(): void {
    if (this.#timer) return
    const waitMs = this.#writtenAtMs + minIntervalMs - this.#deps.clock.monotonicMs()
    if (waitMs <= 0) this.#write()
    else this.#timer = this.#deps.clock.setTimer(waitMs, () => this.#write())
  }

  close(): void {
    if (this.#timer) this.#write()
  }

  /** A disk that is full or gone must not keep a good configuration from being used. */
  #write(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#writtenAtMs = this.#deps.clock.monotonicMs()
    const body = JSON.stringify({
      formatVersion,
      parts: Object.fromEntries(Object.entries(this.#tables).map(([kind, table]) => [kind, stored(table)])),
    })
    const digest = digestOf(body)
    if (digest === this.#writtenDigest) return
    try {
      writeDurably(this.#path, `${digest}\n${body}`)
      this.#writtenDigest = digest
    } catch (error) {
      this.#deps.logger.error('the last good configuration cannot be kept', { file: this.#path, error: messageOf(error) })
    }
  }

  #fill({ parts }: StoredTables): void {
    for (const [kind, table] of Object.entries(this.#tables)) {
      const { held = [], absent = [] } = parts[kind] ?? {}
      const resources = held.map(({ name, version, bytes }) => ({ name, version, typeUrl: '', bytes: Buffer.from(bytes, 'base64') }))
      const faults = table.take({ resources, removed: absent })
      if (faults.length > 0) throw new Error(faults.join('; '))
    }
  }
}

function stored(table: ResourceTable<unknown>): StoredTable {
  const held = [...table.accepted].map(([name, { version, bytes }]) => ({ name, version, bytes: Buffer.from(bytes).toString('base64') }))
  return { held, absent: [...table.absent] }
}

function parse(text: string): StoredTables {
  const newline = text.indexOf('\n')
  const body = text.slice(newline + 1)
  if (text.slice(0, newline) !== digestOf(body)) throw new Error('its checksum does not match')
  const tables = JSON.parse(body) as StoredTables
  if (tables.formatVersion !== formatVersion) throw new Error(`its format ${tables.formatVersion} is not ${formatVersion}`)
  return tables
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
