/** A fault found while walking a value: a diagnostic that does not know its line yet. */
import type { Diagnostic, RelatedPlace, SourceRange } from '../diagnostic.js'
import { clip } from '../model/clip.js'
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
  /** The same, where that field stands further out. */
  readonly explainsAt?: FieldPath
  /** The field came here from elsewhere: what else is wrong with the mapping it fell into follows from that. */
  readonly isStray?: boolean
  /** Faults of one mapping, or of the entries of one list, with the same cause are told as one. */
  readonly because?: string
  /** A place that the rule read beside its own: where the structure or the word there is wrong, the rule judged nothing. */
  readonly dependsOn?: FieldPath
}

/** Leaves out what another fault explains, so that one mistake gives one message. */
export function withoutConsequences(faults: readonly Fault[]): readonly Fault[] {
  if (faults.length < 2) return faults
  const explained = new Set<string>()
  const strayed = new Set<string>()
  const misspelt = new Set<string>()
  for (const { path, explains, explainsAt, isStray } of faults) {
    if (explains !== undefined) explained.add(formatPath(explains))
    if (explains !== undefined) misspelt.add(formatPath(path.slice(0, -1)))
    if (explainsAt !== undefined) explained.add(formatPath(explainsAt))
    if (isStray === true) strayed.add(formatPath(path.slice(0, -1)))
  }
  const follows = (fault: Fault): boolean =>
    (fault.explains === undefined && isExplained(fault, explained)) ||
    followsFromStray(fault, strayed) ||
    isUndecided(fault, misspelt) ||
    isBlind(fault, faults)
  return together(faults.filter((fault) => !follows(fault)))
}

/** A misspelt `metadata` explains why the name below it is missing too. */
function isExplained({ ruleId, path }: Fault, explained: ReadonlySet<string>): boolean {
  const shortest = ruleId === 'missing-field' ? 1 : path.length
  return explained.size > 0 && path.some((_, index) => index + 1 >= shortest && explained.has(formatPath(path.slice(0, index + 1))))
}

/** What is missing from, or unknown to, a mapping that holds what belongs elsewhere. */
function followsFromStray({ ruleId, path, isStray, explains }: Fault, strayed: ReadonlySet<string>): boolean {
  const isOpen = (ruleId === 'unknown-field' && isStray !== true && explains === undefined) || /missing|required/.test(ruleId)
  return isOpen && strayed.size > 0 && strayed.has(formatPath(path.slice(0, -1)))
}

const absence = /(?:-missing|-required|-empty|\/empty)$|^one-of$/

/** That a mapping lacks something is not known before its misspelt fields have their names. */
function isUndecided({ ruleId, path }: Fault, misspelt: ReadonlySet<string>): boolean {
  return misspelt.size > 0 && absence.test(ruleId) && misspelt.has(formatPath(path))
}

const structural = new Set(['unknown-field', 'wrong-type', 'null-value'])

function isBlind({ dependsOn }: Fault, faults: readonly Fault[]): boolean {
  if (dependsOn === undefined) return false
  const target = formatPath(dependsOn)
  return faults.some(
    ({ ruleId, severity, path }) =>
      (structural.has(ruleId) && severity !== 'warning' && target.startsWith(formatPath(path.slice(0, -1)))) ||
      (ruleId === 'bad-enum' && formatPath(path) === target),
  )
}

/** Entries of one list, and fields of one mapping, that went wrong in the same way become one fault with related places. */
function together(faults: readonly Fault[]): readonly Fault[] {
  const firsts = new Map<string, { fault: Fault; index: number }>()
  const left: Fault[] = []
  for (const fault of faults) {
    const where = fault.path.slice(0, -1).filter((segment) => typeof segment === 'string')
    const key = fault.because === undefined ? undefined : `${formatPath(where)} ${fault.because}`
    const first = key === undefined ? undefined : firsts.get(key)
    if (first === undefined) {
      if (key !== undefined) firsts.set(key, { fault, index: left.length })
      left.push(fault)
      continue
    }
    first.fault = withAnother(first.fault, fault)
    left[first.index] = first.fault
  }
  return left
}

function withAnother(fault: Fault, other: Fault): Fault {
  const message = `So does "${clip(String(other.path.at(-1)))}".`
  return { ...fault, related: [...(fault.related ?? []), { path: other.path, message }] }
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
  const { ruleId, severity = 'error', path, part = 'value', expected, suggestion, related } = fault
  return {
    ruleId,
    severity,
    message: withExpectation(fault),
    path: formatPath(path),
    ...(file === undefined ? {} : { file }),
    ...locate?.(path, part),
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(related === undefined ? {} : { related: related.map((other) => relatedPlace(other, locate, file)) }),
  }
}

/**
 * Most readers see the message alone, so what the field takes is said in it, unless it is there in other words. A suggestion says
 * it better, and a field that is missing or too much is named already.
 */
function withExpectation({ message, expected, suggestion, part }: Fault): string {
  if (expected === undefined || suggestion !== undefined || part === 'key') return message
  if (/xpected|\. /.test(message) || wordsOf(expected).every((word) => wordsOf(message).includes(word))) return message
  return `${message.replace(/\.$/, '')}; expected ${expected}.`
}

const fillers = new Set(['a', 'an', 'and', 'as', 'at', 'of', 'one', 'or', 'such', 'the'])

function wordsOf(text: string): readonly string[] {
  return (text.match(/[\w.-]*\w/g) ?? []).filter((word) => !fillers.has(word))
}

function relatedPlace({ path, message }: RelatedPath, locate: Locate | undefined, file: string | undefined): RelatedPlace {
  return { path: formatPath(path), message, ...(file === undefined ? {} : { file }), ...locate?.(path, 'value') }
}
