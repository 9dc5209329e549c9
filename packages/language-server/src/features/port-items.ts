/** The ports of the host to which a route goes. */
import { formatPath } from '@heddle/config-schema'
import type { CompletionItem } from 'vscode-languageserver-types'
import { bare } from '../cursor/flow-scan.js'
import { siblingsOfHolder } from '../cursor/way.js'
import { completionKind } from '../protocol-numbers.js'
import type { Workspace } from '../workspace/workspace.js'
import { type CompletionRequest, replacing } from './completion-request.js'

/** @returns undefined for what is not the port of a destination. */
export function portItems(request: CompletionRequest, workspace: Workspace): readonly CompletionItem[] | undefined {
  const { identity, cursor } = request
  if (identity.kind !== 'VirtualService' || !/\.(?:destination|mirror)\.port\.number$/.test(formatPath(cursor.path))) return undefined
  const text = hostBeside(request)
  if (text === undefined) return []
  const namespace = identity.namespace ?? workspace.defaultNamespace
  const ports = workspace
    .directory()
    .definitions({ kind: 'host', text, namespace })
    .flatMap((place) => place.ports ?? [])
  return ports.map(({ number, protocol }) => ({
    label: String(number),
    detail: protocol,
    kind: completionKind.value,
    ...replacing(request, String(number)),
  }))
}

function hostBeside({ cursor, line, lines }: CompletionRequest): string | undefined {
  const before = (lines[line] ?? '').slice(0, cursor.start)
  const at = before.lastIndexOf('host:')
  if (at >= 0) return bare(/^[^,}]*/.exec(before.slice(at + 'host:'.length))?.[0] ?? '')
  return siblingsOfHolder(lines, { line, column: indentationOf(lines[line] ?? '') }, cursor.firstLine, cursor.endLine).get('host')
}

function indentationOf(line: string): number {
  return line.length - line.trimStart().length
}
