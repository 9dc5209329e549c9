/** Renames a subset where it is defined and wherever routes refer to it, over all files. */
import { formatYaml } from '@heddle/config-schema'
import type { NamePlace } from '@heddle/config-schema/analysis'
import { formatProblem } from '@heddle/config-schema/fields'
import type { Position, Range, TextEdit, WorkspaceEdit } from 'vscode-languageserver-types'
import { nameAt, usesAt } from '../references/uses.js'
import type { Workspace } from '../workspace/workspace.js'
import { splitLines, toRange } from './positions.js'

export type RenameResult = { readonly kind: 'edit'; readonly edit: WorkspaceEdit } | { readonly kind: 'refused'; readonly reason: string }

/** @returns what would be renamed; undefined where that is no subset, or one that is defined nowhere. */
export function renameRange(workspace: Workspace, uri: string, position: Position): Range | undefined {
  const name = nameAt(workspace, uri, position)
  if (name?.isSubset !== true || usesAt(workspace, uri, position).definitions.length === 0) return undefined
  const { start, end } = name.cursor
  return { start: { line: position.line, character: start }, end: { line: position.line, character: end } }
}

export function renameAt(workspace: Workspace, uri: string, position: Position, newName: string): RenameResult {
  if (renameRange(workspace, uri, position) === undefined)
    return { kind: 'refused', reason: 'Only subsets that a DestinationRule defines can be renamed.' }
  const problem = formatProblem('dns-label', newName)
  if (problem !== undefined) return { kind: 'refused', reason: `This is no name for a subset: ${problem}.` }
  const { definitions, references } = usesAt(workspace, uri, position)
  const places = [...definitions, ...references]
  const reason = brokenFile(places, workspace) ?? takenName(definitions, newName, workspace)
  if (reason !== undefined) return { kind: 'refused', reason }
  return { kind: 'edit', edit: { changes: changesOf(places, newName, workspace) } }
}

/** Of a file that cannot be read now the places are those of an older text. */
function brokenFile(places: readonly NamePlace[], workspace: Workspace): string | undefined {
  const broken = places.find(({ file }) => (workspace.file(file)?.kept.length ?? 0) > 0)
  return broken === undefined ? undefined : `${broken.file} refers to it and cannot be read as YAML at the moment; mend it first.`
}

function takenName(definitions: readonly NamePlace[], newName: string, workspace: Workspace): string | undefined {
  for (const { file, resource } of definitions) {
    const rule = workspace
      .file(file)
      ?.judged.find(({ view }) => view?.kind === resource.kind && view.name === resource.name && view.namespace === resource.namespace)
    const { subsets = [] } = (rule?.view?.resource.spec ?? {}) as { readonly subsets?: readonly { readonly name?: unknown }[] }
    if (subsets.some(({ name }) => name === newName)) return `The DestinationRule ${resource.name} has a subset "${newName}" already.`
  }
  return undefined
}

/** One edit for each place, which merged YAML may lead to twice. */
function changesOf(places: readonly NamePlace[], newName: string, workspace: Workspace): Record<string, TextEdit[]> {
  const changes: Record<string, TextEdit[]> = {}
  for (const { file, range } of places) {
    const at = toRange(range)
    const edits = (changes[file] ??= [])
    if (edits.some((edit) => edit.range.start.line === at.start.line && edit.range.start.character === at.start.character)) continue
    const line = splitLines(workspace.textOf(file) ?? '')[at.start.line] ?? ''
    const isQuoted = /["']/.test(line[at.start.character] ?? '')
    edits.push({ range: at, newText: isQuoted ? JSON.stringify(newName) : formatYaml(newName).trimEnd() })
  }
  return changes
}
