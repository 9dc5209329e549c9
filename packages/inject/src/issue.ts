/** Faults and remarks of injection as data: a path into the object, and once the manifest's text is known, file, line and column. */
import { HeddleError, isHeddleError } from '@heddle/base'
import { formatDiagnostic, formatPath, type Diagnostic } from '@heddle/config-schema'
import type { JsonPath } from './json.js'

/** The object a remark is about, as far as its manifest names it. */
export interface ObjectRef {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name?: string
}

/** A fault inside one object. */
export interface ObjectIssue {
  readonly path: JsonPath
  readonly message: string
}

export type WarningCode =
  | 'host-network'
  | 'job-with-classic-sidecar'
  | 'probe-port-unknown'
  | 'dns-policy'
  | 'volume-name-taken'
  | 'unknown-proxy-config'
  | 'status-unreadable'

/** Something the user should know although the injection is right. */
export interface InjectWarning {
  readonly code: WarningCode
  readonly message: string
  readonly object: ObjectRef
}

const diagnosticsKey = Symbol.for('heddle.inject.diagnostics')

/** Every fault of a manifest in one error; its message has one line a fault. */
export function manifestError(diagnostics: readonly Diagnostic[]): HeddleError {
  const message = diagnostics.map(formatDiagnostic).join('\n')
  return withDiagnostics('HEDDLE_INJECT_INVALID_MANIFEST', message, diagnostics)
}

export function objectError(ref: ObjectRef, issues: readonly ObjectIssue[]): HeddleError {
  const diagnostics = issues.map((issue) => toDiagnostic(issue))
  const message = diagnostics.map((diagnostic) => `${describeObject(ref)}: ${formatDiagnostic(diagnostic)}`).join('\n')
  return withDiagnostics('HEDDLE_INJECT_INVALID_OBJECT', message, diagnostics)
}

export function toDiagnostic({ path, message }: ObjectIssue): Diagnostic {
  return { ruleId: 'inject', severity: 'error', message, path: formatPath(path) }
}

/** The single faults behind an error of this package, with line and column where it came from a manifest; empty for any other error. */
export function injectDiagnostics(error: unknown): readonly Diagnostic[] {
  if (!isHeddleError(error) || !(diagnosticsKey in error)) return []
  return (error as unknown as Record<symbol, readonly Diagnostic[]>)[diagnosticsKey] ?? []
}

function withDiagnostics(code: string, message: string, diagnostics: readonly Diagnostic[]): HeddleError {
  const error = new HeddleError({ code, message, origin: 'user', hint: 'Correct the named fields; nothing was injected.' })
  Object.defineProperty(error, diagnosticsKey, { value: diagnostics })
  return error
}

/** `Deployment default/web` */
export function describeObject(ref: ObjectRef): string {
  const name = ref.name ?? '(unnamed)'
  return `${ref.kind} ${ref.namespace === undefined ? name : `${ref.namespace}/${name}`}`
}
