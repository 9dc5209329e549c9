/** Faults and remarks of injection as data: a path into the object, and once the manifest's text is known, file, line and column. */
import { HeddleError, isHeddleError } from '@heddle/base'
import { formatPath, type JsonPath } from './json.js'

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

/** A fault in a manifest. `line` and `column` count from 1. */
export interface InjectIssue {
  readonly file?: string
  readonly line: number
  readonly column: number
  /** Dotted path of the field, empty for faults of the YAML itself. */
  readonly path: string
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

const issuesKey = Symbol.for('heddle.inject.issues')

/** `deploy.yaml:12:7: spec.template: expected a map` */
export function formatIssue(issue: InjectIssue): string {
  const where = `${issue.file ?? '<input>'}:${issue.line}:${issue.column}`
  return issue.path === '' ? `${where}: ${issue.message}` : `${where}: ${issue.path}: ${issue.message}`
}

/** Every fault of a manifest in one error; its message has one line a fault. */
export function manifestError(issues: readonly InjectIssue[]): HeddleError {
  const error = new HeddleError({
    code: 'HEDDLE_INJECT_INVALID_MANIFEST',
    message: issues.map(formatIssue).join('\n'),
    origin: 'user',
    hint: 'Correct the named fields; nothing was injected.',
  })
  Object.defineProperty(error, issuesKey, { value: issues })
  return error
}

export function objectError(ref: ObjectRef, issues: readonly ObjectIssue[]): HeddleError {
  const lines = issues.map((issue) => `${describeObject(ref)}: ${formatPath(issue.path)}: ${issue.message}`)
  const error = new HeddleError({ code: 'HEDDLE_INJECT_INVALID_OBJECT', message: lines.join('\n'), origin: 'user' })
  Object.defineProperty(error, issuesKey, {
    value: issues.map((issue) => ({ line: 0, column: 0, path: formatPath(issue.path), message: issue.message })),
  })
  return error
}

/** The single faults behind an error of this package; empty for any other error. Faults of `injectObject` have line 0. */
export function injectIssues(error: unknown): readonly InjectIssue[] {
  if (!isHeddleError(error) || !(issuesKey in error)) return []
  return (error as unknown as Record<symbol, readonly InjectIssue[]>)[issuesKey] ?? []
}

/** `Deployment default/web` */
export function describeObject(ref: ObjectRef): string {
  const name = ref.name ?? '(unnamed)'
  return `${ref.kind} ${ref.namespace === undefined ? name : `${ref.namespace}/${name}`}`
}
