/** From a cursor to everything that means the same: by a reference, or by the place where a name is defined. */
import type { NamePlace, NameUses, Reference } from '@heddle/config-schema/analysis'
import { formatPath } from '@heddle/config-schema'
import type { Location, Position } from 'vscode-languageserver-types'
import type { Cursor } from '../cursor/cursor.js'
import { locate } from '../cursor/identity.js'
import { splitLines, toRange } from '../features/positions.js'
import type { Workspace } from '../workspace/workspace.js'
import { referenceAt } from './reference-at.js'

export interface NameAtCursor {
  readonly cursor: Cursor
  /** Undefined where a name is defined. */
  readonly reference: Reference | undefined
  readonly isSubset: boolean
}

export function nameAt(workspace: Workspace, uri: string, { line, character }: Position): NameAtCursor | undefined {
  const lines = splitLines(workspace.textOf(uri) ?? '')
  const { cursor, identity } = locate(lines, { line, column: character }) ?? {}
  if (cursor === undefined || identity === undefined || cursor.text === '' || cursor.part === 'key' || cursor.hasColon) return undefined
  const reference = referenceAt(cursor, identity, workspace.defaultNamespace)
  if (reference?.kind === 'subset-definition') return { cursor, reference: undefined, isSubset: true }
  if (reference !== undefined) return { cursor, reference, isSubset: reference.kind === 'subset' }
  return formatPath(cursor.path) === 'metadata.name' ? { cursor, reference: undefined, isSubset: false } : undefined
}

export function definitionsAt(workspace: Workspace, uri: string, position: Position): readonly Location[] {
  const name = nameAt(workspace, uri, position)
  return name?.reference === undefined ? [] : workspace.directory().definitions(name.reference).map(toLocation)
}

export function usesAt(workspace: Workspace, uri: string, position: Position): NameUses {
  const name = nameAt(workspace, uri, position)
  if (name === undefined) return { definitions: [], references: [] }
  const directory = workspace.directory()
  return name.reference === undefined
    ? directory.usesOfDefinition(uri, name.cursor.path, position.line + 1)
    : directory.uses(name.reference)
}

export function toLocation({ file, range }: NamePlace): Location {
  return { uri: file, range: toRange(range) }
}
