/** The last good resources of a proxy in one file, with a checksum: all of them or none. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type Logger, messageOf } from '@heddle/base'
import { readIfPresent, writeDurably } from '@heddle/base/node'
import type { ResourceTable } from './resource-table.js'

export type Tables = Readonly<Record<string, ResourceTable<unknown>>>

const fileName = 'last-good-config.json'
const formatVersion = 1

interface StoredResource {
  readonly name: string
  readonly version: string
  readonly bytes: string
}

export function storeTables(stateDir: string, tables: object): void {
  const parts = Object.fromEntries(
    Object.entries(tables as Tables).map(([kind, table]) => [
      kind,
      [...table.held].map(([name, { version, bytes }]): StoredResource => ({
        name,
        version,
        bytes: Buffer.from(bytes).toString('base64'),
      })),
    ]),
  )
  const body = JSON.stringify({ formatVersion, parts })
  writeDurably(join(stateDir, fileName), `${digestOf(body)}\n${body}`)
}

/** Fills the tables. @returns false when there is nothing usable, which is then said. */
export function loadTables(stateDir: string, tables: object, logger: Logger): boolean {
  try {
    const text = readIfPresent(join(stateDir, fileName))?.toString('utf8')
    if (text === undefined) return false
    const newline = text.indexOf('\n')
    const body = text.slice(newline + 1)
    if (text.slice(0, newline) !== digestOf(body)) throw new Error('its checksum does not match')
    const stored = JSON.parse(body) as {
      readonly formatVersion: number
      readonly parts: Readonly<Record<string, readonly StoredResource[]>>
    }
    if (stored.formatVersion !== formatVersion) throw new Error(`its format ${stored.formatVersion} is not ${formatVersion}`)
    for (const [kind, table] of Object.entries(tables as Tables)) {
      const resources = (stored.parts[kind] ?? []).map((resource) => ({
        ...resource,
        typeUrl: '',
        bytes: Buffer.from(resource.bytes, 'base64'),
      }))
      const faults = table.take({ resources, removed: [] })
      if (faults.length > 0) throw new Error(faults.join('; '))
    }
    return true
  } catch (error) {
    logger.warn('the last good configuration cannot be used', { file: join(stateDir, fileName), error: messageOf(error) })
    return false
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
