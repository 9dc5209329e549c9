/** Checks one resource against its kind: structure first, then the rules of its kind that types cannot express. */
import type { Diagnostic } from '../diagnostic.js'
import { kindProblem } from '../kinds/kind-problem.js'
import { kindType } from '../kinds/kind-type.js'
import { nearest } from '@heddle/base'
import { checkRules } from '../rules/rules.js'
import type { KubernetesObject } from '../resource.js'
import type { ParsedDocument } from '../yaml/parse-documents.js'
import { checkValue, isObject, type Walk } from './check-value.js'
import { faultLimit, toDiagnostic, withoutConsequences, withoutRepetition, type Fault, type FaultList } from './fault.js'
import { faultsBeside } from './repair.js'

export interface ValidateOptions {
  /** Compiles an RE2 expression and throws on a bad one; without it only what JavaScript can tell is checked. */
  readonly compileRegex?: (expression: string) => unknown
}

export interface ValidateResult {
  /** Present when there is no error. */
  readonly resource?: KubernetesObject
  /** Errors and warnings in the order of the document. */
  readonly diagnostics: readonly Diagnostic[]
}

/** Checks a document of a file; its diagnostics carry line and column. */
export function validate(document: ParsedDocument, options: ValidateOptions = {}): ValidateResult {
  const faults = findFaults(document.value, options)
  const diagnostics = faults.map((fault) => toDiagnostic(asWritten(fault, document), document.rangeOf, document.file)).sort(byPosition)
  return result(document.value, diagnostics)
}

/** `version: 1.10` is the number 1.1, but what belongs in quotes is what was written. */
function asWritten(fault: Fault, document: ParsedDocument): Fault {
  if (fault.ruleId !== 'wrong-type' || !fault.suggestion?.startsWith('"')) return fault
  const text = document.textOf(fault.path)
  return text === undefined ? fault : { ...fault, suggestion: JSON.stringify(text) }
}

/** Checks an object that did not come from text (an API request); its diagnostics carry paths only. */
export function validateObject(value: unknown, options: ValidateOptions = {}): ValidateResult {
  return result(
    value,
    findFaults(value, options).map((fault) => toDiagnostic(fault, undefined, undefined)),
  )
}

function result(value: unknown, diagnostics: readonly Diagnostic[]): ValidateResult {
  const isValid = diagnostics.every((diagnostic) => diagnostic.severity !== 'error')
  return isValid ? { resource: value as KubernetesObject, diagnostics } : { diagnostics }
}

function byPosition(a: Diagnostic, b: Diagnostic): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

function findFaults(value: unknown, options: ValidateOptions): readonly Fault[] {
  const identity = readIdentity(value)
  if ('faults' in identity) return identity.faults
  const { apiVersion, kind } = identity
  const type = kindType(apiVersion, kind)
  if (type === undefined) {
    const problem = kindProblem(apiVersion, kind)
    return problem === undefined ? [] : [problem]
  }
  const walk: Walk = { faults: [], path: [], around: [], wrong: [], hasNull: false, compileRegex: options.compileRegex }
  checkValue(type, value, walk)
  const isReadable = walk.wrong.length === 0 && !walk.hasNull
  const ruleFaults = isReadable ? ruleFaultsOf(value) : faultsBeside(value, walk.wrong, ruleFaultsOf)
  return withoutRepetition(withoutConsequences([...walk.faults, ...ruleFaults])).slice(0, faultLimit)
}

function ruleFaultsOf(value: unknown): readonly Fault[] {
  const list: FaultList = { faults: [], path: [] }
  checkRules(value as KubernetesObject, list)
  return list.faults
}

type Identity = { readonly apiVersion: string; readonly kind: string } | { readonly faults: readonly Fault[] }

function readIdentity(value: unknown): Identity {
  if (!isObject(value)) {
    return { faults: [{ ruleId: 'not-a-resource', message: 'A resource is a mapping with apiVersion, kind and metadata.', path: [] }] }
  }
  const { apiVersion, kind } = value
  if (typeof apiVersion === 'string' && typeof kind === 'string' && apiVersion !== '' && kind !== '') return { apiVersion, kind }
  return {
    faults: ['apiVersion', 'kind']
      .filter((name) => typeof value[name] !== 'string' || value[name] === '')
      .map((name) => missingIdentity(value, name)),
  }
}

function missingIdentity(value: Readonly<Record<string, unknown>>, name: string): Fault {
  const example = name === 'kind' ? 'Service or VirtualService' : 'v1 or networking.istio.io/v1'
  if (value[name] !== undefined && value[name] !== null) {
    return {
      ruleId: 'wrong-type',
      message: `"${name}" must be a text such as ${example}.`,
      path: [name],
      expected: `a text such as ${example}`,
    }
  }
  const misspelt = nearest(name, Object.keys(value))
  return {
    ruleId: 'missing-field',
    message: `The resource does not say its ${name}, such as ${example}${misspelt === undefined ? '' : `; "${misspelt}" is probably meant to be it`}.`,
    path: misspelt === undefined ? [name] : [misspelt],
    part: 'key',
    ...(misspelt === undefined ? {} : { suggestion: name }),
  }
}
