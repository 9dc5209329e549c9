/** Quick fixes: the changes that validation and analysis know for what they find. */
import { applyFixes, type Finding, type Fix } from '@heddle/config-schema/analysis'
import type { CodeAction, Range, TextEdit } from 'vscode-languageserver-types'
import type { Workspace } from '../workspace/workspace.js'
import { fromFinding } from './diagnostics.js'
import { toRange, touches } from './positions.js'

/** Every change at once that cannot alter what is meant, as editors do when a file is saved. */
export const fixAllKind = 'source.fixAll.heddle'

/** @param only kinds that are asked for; all when there are none. */
export function codeActionsAt(workspace: Workspace, uri: string, range: Range, only: readonly string[] = []): readonly CodeAction[] {
  const text = workspace.textOf(uri)
  const findings = workspace.findings().get(uri) ?? []
  if (text === undefined) return []
  const asks = (kind: string): boolean => only.some((wanted) => kind === wanted || kind.startsWith(`${wanted}.`))
  const actions: CodeAction[] = []
  if (only.length === 0 || asks('quickfix'))
    for (const finding of findings) if (touches(toRange(finding), range)) actions.push(...quickFix(finding, uri, text))
  if (asks(fixAllKind)) actions.push(...fixAll(findings, uri, text))
  return actions
}

function quickFix(finding: Finding, uri: string, text: string): readonly CodeAction[] {
  const { fix } = finding
  const edits = fix === undefined ? [] : editsOf(text, [fix])
  if (fix === undefined || edits.length === 0) return []
  return [
    { title: fix.title, kind: 'quickfix', diagnostics: [fromFinding(finding)], isPreferred: true, edit: { changes: { [uri]: edits } } },
  ]
}

function fixAll(findings: readonly Finding[], uri: string, text: string): readonly CodeAction[] {
  const fixes = findings.flatMap(({ fix }) => (fix?.isCertain === true ? [fix] : []))
  const edits = editsOf(text, fixes)
  return edits.length === 0 ? [] : [{ title: 'Fix what cannot be meant otherwise', kind: fixAllKind, edit: { changes: { [uri]: edits } } }]
}

function editsOf(text: string, fixes: readonly Fix[]): TextEdit[] {
  const [only, ...more] = fixes
  if (only?.edit !== undefined && more.length === 0) return [{ range: toRange(only.edit), newText: only.edit.newText }]
  return differenceOf(text, applyFixes(text, fixes))
}

/** The one stretch of lines in which two texts differ, so that an editor keeps its place in the rest. */
function differenceOf(before: string, after: string): TextEdit[] {
  if (before === after) return []
  const old = before.split('\n')
  const fresh = after.split('\n')
  const shorter = Math.min(old.length, fresh.length)
  let start = 0
  while (start < shorter - 1 && old[start] === fresh[start]) start++
  let end = 0
  while (end < shorter - start - 1 && old.at(-1 - end) === fresh.at(-1 - end)) end++
  const lastLine = old.length - 1 - end
  const range = { start: { line: start, character: 0 }, end: { line: lastLine, character: (old[lastLine] ?? '').length } }
  return [{ range, newText: fresh.slice(start, fresh.length - end).join('\n') }]
}
