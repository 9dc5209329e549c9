/** A fault found while walking a value: a diagnostic that does not know its line yet. */
import type { Diagnostic, RelatedPlace, SourceRange } from '../diagnostic.js'
import { formatPath, type FieldPath, type PathSegment } from '../path.js'
import type { FieldPart } from '../yaml/positions.js'

export interface RelatedPath {
  /** From the root of the resource. */
  readonly path: FieldPath
  readonly message: string
}

export interface Fault {
  readonly ruleId: string
  /** Default: error. */
  readonly severity?: 'error' | 'warning'
  readonly message: string
  readonly path: FieldPath
  /** Which end of the field to underline. Default: its value. */
  readonly part?: FieldPart
  readonly expected?: string
  readonly suggestion?: string
  /** Other places that have to do with it, such as the first of two that must not be the same. */
  readonly related?: readonly RelatedPath[]
  /** A field whose own faults follow from this one: a misspelt `rout` explains why `route` is missing. */
  readonly explains?: FieldPath
}

/** Leaves out what another fault explains, so that one mistake gives one message. */
export function withoutConsequences(faults: readonly Fault[]): readonly Fault[] {
  const explained = new Set<string>()
  for (const { explains } of faults) if (explains !== undefined) explained.add(formatPath(explains))
  return explained.size === 0 ? faults : faults.filter((fault) => fault.explains !== undefined || !explained.has(formatPath(fault.path)))
}

/** A rule and the type may both ask for the same field: it is said once, in the words that came first. */
export function withoutRepetition(faults: readonly Fault[]): readonly Fault[] {
  const said = new Set<string>()
  return faults.filter(({ ruleId, path }) => {
    const key = `${ruleId} ${formatPath(path)}`
    return said.has(key) ? false : said.add(key) !== undefined
  })
}

/** Faults reported of one document; more help nobody. */
export const faultLimit = 100

/** What a walk or a rule reports into; `path` is where it stands now. */
export interface FaultList {
  readonly faults: Fault[]
  readonly path: PathSegment[]
}

/** @param fault `explains` is relative to where the walk stands, like `below`. */
export function addFault(list: FaultList, fault: Omit<Fault, 'path'>, ...below: readonly PathSegment[]): void {
  if (list.faults.length >= faultLimit) return
  const explains = fault.explains === undefined ? {} : { explains: [...list.path, ...fault.explains] }
  list.faults.push({ ...fault, ...explains, path: [...list.path, ...below] })
}

/** Where a fault's path lies in the text, when there is text. */
export type Locate = (path: FieldPath, part: FieldPart) => SourceRange

export function toDiagnostic(fault: Fault, locate: Locate | undefined, file: string | undefined): Diagnostic {
  const { ruleId, severity = 'error', message, path, part = 'value', expected, suggestion, related } = fault
  return {
    ruleId,
    severity,
    message,
    path: formatPath(path),
    ...(file === undefined ? {} : { file }),
    ...locate?.(path, part),
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(related === undefined ? {} : { related: related.map((other) => relatedPlace(other, locate, file)) }),
  }
}

function relatedPlace({ path, message }: RelatedPath, locate: Locate | undefined, file: string | undefined): RelatedPlace {
  return { path: formatPath(path), message, ...(file === undefined ? {} : { file }), ...locate?.(path, 'value') }
}
