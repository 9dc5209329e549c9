/** The settings of the mesh are a text in the ConfigMap `istio`, which an API takes whatever it says: here it is judged as a manifest. */
import { isHeddleError } from '@heddle/base'
import { type Diagnostic, parseDocuments, type ParsedDocument, validateMeshConfig } from '@heddle/config-schema'
import { meshConfigKey, meshConfigMap, readMeshConfig } from '@heddle/translation'
import { istioNamespace } from '../install/profile.js'

interface ConfigMapView {
  readonly kind: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
  readonly data?: Readonly<Record<string, unknown>>
}

/** Faults by Istio's schema and rules, what the control plane would refuse, and what it passes over; none for any other object. */
export function meshSettingFaults(document: ParsedDocument, resource: ConfigMapView): readonly Diagnostic[] {
  const { kind, metadata: { name, namespace = istioNamespace } = {}, data } = resource
  const text = data?.[meshConfigKey]
  if (kind !== 'ConfigMap' || name !== meshConfigMap || namespace !== istioNamespace || typeof text !== 'string') return []
  const place = placeIn(document, text)
  const parsed = parseDocuments(text)
  const faults = [...parsed.diagnostics, ...parsed.documents.slice(0, 1).flatMap((settings) => validateMeshConfig(settings).diagnostics)]
  if (faults.length > 0)
    return faults.map(({ path, line, column: _column, endLine: _endLine, endColumn: _endColumn, related: _related, ...fault }) => ({
      ...fault,
      path: path === '' ? `data.${meshConfigKey}` : `data.${meshConfigKey}: ${path}`,
      ...place(line),
    }))
  try {
    return readMeshConfig(text).ignored.map((field) => ({
      ruleId: 'no-effect',
      severity: 'warning',
      message: 'the field has no effect: this mesh does not read it',
      path: `data.${meshConfigKey}: ${field}`,
      ...place(lineOf(parsed.documents[0], field)),
    }))
  } catch (error) {
    if (!isHeddleError(error)) throw error
    return [{ ruleId: 'mesh-config', severity: 'error', message: error.message, path: `data.${meshConfigKey}`, ...place(undefined) }]
  }
}

function lineOf(settings: ParsedDocument | undefined, field: string): number | undefined {
  return settings?.rangeOf(field.split('.'), 'key').line
}

/** Lines of a block stand below its mark; of a text that is written otherwise only the place is known. */
function placeIn(document: ParsedDocument, text: string): (line: number | undefined) => Pick<Diagnostic, 'file' | 'line' | 'column'> {
  const range = document.rangeOf(['data', meshConfigKey])
  const file = document.file === undefined ? {} : { file: document.file }
  const isBlock = range.endLine - range.line >= text.trimEnd().split('\n').length
  return (line) =>
    line !== undefined && isBlock ? { ...file, line: range.line + line } : { ...file, line: range.line, column: range.column }
}
