/**
 * What a resource says it is, read from its lines: enough to know its fields while the rest cannot be read. An entry of a `List`, as
 * `kubectl get -o yaml` prints them, is a resource of its own.
 */
import { kindTable, preferredApiVersion } from '@heddle/config-schema'
import { kindType, type ObjectType } from '@heddle/config-schema/fields'
import { type Cursor, cursorAt } from './cursor.js'
import { bare, type Place } from './flow-scan.js'
import { lineTokens } from './line-tokens.js'

export interface Identity {
  readonly apiVersion?: string
  readonly kind?: string
  readonly namespace?: string
  /** Undefined while the kind is not known. */
  readonly type?: ObjectType
  /** It stands in a `List`. */
  readonly isEntry?: boolean
}

export interface Located {
  /** Its path begins at the resource. */
  readonly cursor: Cursor
  readonly identity: Identity
}

/** @returns undefined where no field can be. */
export function locate(lines: readonly string[], place: Place): Located | undefined {
  const cursor = cursorAt(lines, place)
  if (cursor === undefined) return undefined
  const whole = identityOf(lines, { ...cursor, column: 0 })
  const [items, index, ...path] = cursor.path
  if (whole.kind !== 'List' || items !== 'items' || typeof index !== 'number') return { cursor, identity: whole }
  const entry = entryAround(lines, cursor, place.line)
  return { cursor: { ...cursor, path }, identity: { ...(entry === undefined ? {} : identityOf(lines, entry)), isEntry: true } }
}

/** The lines of a resource, and the column of its fields. */
interface Extent {
  readonly firstLine: number
  readonly endLine: number
  readonly column: number
}

function identityOf(lines: readonly string[], extent: Extent): Identity {
  const { apiVersion, kind, namespace } = headOf(lines, extent)
  const type = typeOf(apiVersion, kind)
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(type === undefined ? {} : { type }),
  }
}

/** Entries begin at the dashes that stand where the first one below `items` does. */
function entryAround(lines: readonly string[], { firstLine, endLine }: Cursor, line: number): Extent | undefined {
  const dashOf = (row: number): number | undefined => lineTokens(lines[row] ?? '').dashes[0]
  let items = firstLine
  while (items < endLine && lines[items]?.startsWith('items:') !== true) items++
  let first = items + 1
  while (first < endLine && dashOf(first) === undefined) first++
  const dash = dashOf(first)
  if (dash === undefined || line < first) return undefined
  const isStart = (row: number): boolean => dashOf(row) === dash
  let start = line
  while (start > first && !isStart(start)) start--
  let end = line + 1
  while (end < endLine && !isStart(end) && !/^[^\s#-]/.test(lines[end] ?? '')) end++
  return { firstLine: start, endLine: end, column: lineTokens(lines[start] ?? '').contentColumn }
}

interface Head {
  apiVersion?: string
  kind?: string
  namespace?: string
}

function headOf(lines: readonly string[], { firstLine, endLine, column }: Extent): Head {
  const head: Head = {}
  let top = ''
  for (const line of lines.slice(firstLine, endLine)) {
    const { key } = lineTokens(line)
    if (key === undefined) continue
    if (key.column === column) top = key.name
    readHead(head, key.column === column ? top : `${top}.${key.name}`, bare(line.slice(key.valueColumn, key.valueEnd)))
  }
  return head
}

function readHead(head: Head, name: string, value: string): void {
  if (value === '') return
  if (name === 'apiVersion' || name === 'kind') head[name] ??= value
  const namespace = name === 'metadata' ? /\bnamespace:\s*["']?([\w.-]+)/.exec(value)?.[1] : undefined
  if (name === 'metadata.namespace') head.namespace ??= value
  else if (namespace !== undefined) head.namespace ??= namespace
}

/** Without an apiVersion, or with one that is being typed, the first kind of that name is meant. */
function typeOf(apiVersion: string | undefined, kind: string | undefined): ObjectType | undefined {
  if (kind === undefined) return undefined
  const known = apiVersion === undefined ? undefined : kindType(apiVersion, kind)
  if (known !== undefined) return known
  const info = kindTable.find((candidate) => candidate.kind === kind)
  return info === undefined ? undefined : kindType(preferredApiVersion(info), kind)
}
