/** What a document says it is, read from its lines: enough to know its fields while the rest cannot be read. */
import { kindTable, preferredApiVersion } from '@heddle/config-schema'
import { kindType, type ObjectType } from '@heddle/config-schema/fields'
import type { Cursor } from './cursor.js'
import { bare } from './flow-scan.js'
import { lineTokens } from './line-tokens.js'

export interface Identity {
  readonly apiVersion?: string
  readonly kind?: string
  readonly namespace?: string
  /** Undefined while the kind is not known. */
  readonly type?: ObjectType
}

export function identityOf(lines: readonly string[], bounds: Pick<Cursor, 'firstLine' | 'endLine'>): Identity {
  const { apiVersion, kind, namespace } = headOf(lines, bounds)
  const type = typeOf(apiVersion, kind)
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(type === undefined ? {} : { type }),
  }
}

interface Head {
  apiVersion?: string
  kind?: string
  namespace?: string
}

function headOf(lines: readonly string[], { firstLine, endLine }: Pick<Cursor, 'firstLine' | 'endLine'>): Head {
  const head: Head = {}
  let top = ''
  for (const line of lines.slice(firstLine, endLine)) {
    const { key } = lineTokens(line)
    if (key === undefined) continue
    if (key.column === 0) top = key.name
    readHead(head, key.column === 0 ? top : `${top}.${key.name}`, bare(line.slice(key.valueColumn, key.valueEnd)))
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
