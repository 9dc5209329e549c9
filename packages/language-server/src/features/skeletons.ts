/** Whole resources to begin an empty document with: what every resource of the kind must say, with places for the rest. */
import { kindsInCategory, kindTable, preferredApiVersion, type KindInfo } from '@heddle/config-schema'
import { type Field, kindMarkdown, kindType, type ObjectType } from '@heddle/config-schema/fields'
import type { CompletionItem } from 'vscode-languageserver-types'
import { completionKind, insertTextFormat, insertTextMode } from '../protocol-numbers.js'
import { type CompletionRequest, replacing } from './completion-request.js'

/** Of Kubernetes' kinds those that stand beside the mesh's own in manifests. */
const usualKinds = ['Namespace', 'Service', 'ServiceAccount', 'ConfigMap', 'Deployment', 'StatefulSet', 'DaemonSet', 'Ingress']

export function skeletonItems(request: CompletionRequest): readonly CompletionItem[] {
  const { cursor, insertsLines, takesSnippets } = request
  if (insertsLines !== true || cursor.siblings.size > 0 || cursor.hasColon || cursor.start > 0) return []
  const kinds = [
    ...kindsInCategory('istio-io').filter(({ group }) => group !== 'install.istio.io'),
    ...kindsInCategory('gateway-api'),
    ...kindTable.filter(({ kind, group }) => usualKinds.includes(kind) && !group.includes('istio')),
  ]
  return kinds.flatMap((info) => {
    const type = kindType(preferredApiVersion(info), info.kind)
    return type === undefined ? [] : [skeletonItem(info, type, request, takesSnippets === true)]
  })
}

function skeletonItem(info: KindInfo, type: ObjectType, request: CompletionRequest, isSnippet: boolean): CompletionItem {
  const apiVersion = preferredApiVersion(info)
  let places = 0
  const place = (): string => (isSnippet ? `$${++places}` : '')
  const lines = [`apiVersion: ${apiVersion}`, `kind: ${info.kind}`, 'metadata:', `  name: ${place()}`, ...specLines(type, place)]
  return {
    label: info.kind,
    detail: apiVersion,
    kind: completionKind.struct,
    sortText: `9${info.kind}`,
    documentation: { kind: 'markdown', value: kindMarkdown(type) },
    insertTextMode: insertTextMode.asIs,
    insertTextFormat: isSnippet ? insertTextFormat.snippet : insertTextFormat.plainText,
    ...replacing(request, `${lines.join('\n')}${isSnippet ? '' : '\n'}`),
  }
}

function specLines(type: ObjectType, place: () => string): readonly string[] {
  const spec = type.fields.get('spec')?.type
  if (spec?.kind !== 'object') return []
  const required = [...spec.fields].filter(([, field]) => field.isRequired === true)
  if (required.length === 0) return ['spec:', `  ${place()}`]
  return ['spec:', ...required.flatMap(([name, field]) => fieldLines(name, field, place))]
}

function fieldLines(name: string, { type }: Field, place: () => string): readonly string[] {
  if (type.kind === 'list') return [`  ${name}:`, `  - ${place()}`]
  return type.kind === 'object' || type.kind === 'map' ? [`  ${name}:`, `    ${place()}`] : [`  ${name}: ${place()}`]
}
