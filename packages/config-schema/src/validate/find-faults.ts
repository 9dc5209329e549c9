/** Structure first, then the rules that types cannot express; a rule is asked even where values beside it are wrong. */
import type { KindRule } from '../model/kind-model.js'
import type { ObjectType } from '../model/field-type.js'
import { checkRules } from '../rules/rules.js'
import type { KubernetesObject } from '../resource.js'
import { checkValue, type Walk } from './check-value.js'
import { faultLimit, withoutConsequences, withoutRepetition, type Fault, type FaultList } from './fault.js'
import type { RegexCompiler } from './options.js'
import { withoutNulls } from './prune.js'
import { faultsBeside } from './repair.js'

export interface Checks {
  readonly type: ObjectType
  readonly check: KindRule<never> | undefined
}

export interface Findings {
  readonly faults: readonly Fault[]
  /** The value without fields that are null. */
  readonly value: unknown
}

/** Values of the YAML reader nest 200 levels at most; an object from elsewhere may nest deeper than any recursion goes. */
export function findFaults(value: unknown, checks: Checks, compileRegex: RegexCompiler | undefined): Findings {
  try {
    return findingsOf(value, checks, compileRegex)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    return { faults: [{ ruleId: 'yaml-too-deep', message: 'The resource nests too deeply to be checked.', path: [] }], value }
  }
}

function findingsOf(value: unknown, { type, check }: Checks, compileRegex: RegexCompiler | undefined): Findings {
  const walk: Walk = { faults: [], path: [], around: [], depths: [], wrong: [], hasNull: false, compileRegex, regexStates: 0 }
  checkValue(type, value, walk)
  const isReadable = walk.wrong.length === 0 && !walk.hasNull
  const rules = (readable: unknown): readonly Fault[] => ruleFaultsOf(readable, check)
  const ruleFaults = isReadable ? rules(value) : faultsBeside(value, walk.wrong, rules)
  const readable = walk.hasNull ? withoutNulls(type, value) : value
  if (walk.faults.length === 0 && ruleFaults.length === 0) return { faults: walk.faults, value: readable }
  const faults = withoutRepetition(withoutConsequences([...walk.faults, ...ruleFaults])).slice(0, faultLimit)
  return { faults, value: readable }
}

function ruleFaultsOf(value: unknown, check: KindRule<never> | undefined): readonly Fault[] {
  const list: FaultList = { faults: [], path: [] }
  checkRules(value as KubernetesObject, check, list)
  return list.faults
}
