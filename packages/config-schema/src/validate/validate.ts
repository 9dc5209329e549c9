/** Checks one resource of any known kind: structure first, then the rules of its kind that types cannot express. */
import { customKind } from '../kinds/custom-kinds.js'
import { kindProblem } from '../kinds/kind-problem.js'
import { kindType } from '../kinds/kind-type.js'
import { parseApiVersion } from '../kinds/api-version.js'
import { kubernetesRule } from '../rules/kubernetes-rules.js'
import type { KubernetesObject } from '../resource.js'
import type { ParsedDocument } from '../yaml/parse-documents.js'
import { executionFaults } from './execution.js'
import type { Fault } from './fault.js'
import { findFaults, type Checks } from './find-faults.js'
import { readIdentity } from './identity.js'
import type { ValidateOptions, ValidateResult } from './options.js'
import { pruned } from './prune.js'
import { resultOf } from './result.js'

/** Checks a document of a file; its diagnostics carry line and column. */
export function validate(document: ParsedDocument, options: ValidateOptions = {}): ValidateResult {
  const { value, faults } = judge(document.value, options)
  return resultOf(value, faults, document)
}

/** Checks an object that did not come from text (an API request); its diagnostics carry paths only. */
export function validateObject(value: unknown, options: ValidateOptions = {}): ValidateResult {
  const judged = judge(value, options)
  return resultOf(judged.value, judged.faults)
}

interface Judged {
  readonly value: unknown
  readonly faults: readonly Fault[]
}

const unreadable = new Set(['wrong-type', 'null-value'])

function judge(value: unknown, { compileRegex, unknownFields, target, notEnforced }: ValidateOptions): Judged {
  const identity = readIdentity(value)
  if ('faults' in identity) return { value, faults: identity.faults }
  const checks = checksOf(identity.apiVersion, identity.kind)
  if (checks === undefined) {
    const problem = kindProblem(identity.apiVersion, identity.kind)
    return { value, faults: problem === undefined ? [] : [problem] }
  }
  const { faults, value: known } = findFaults(unknownFields === 'prune' ? pruned(checks.type, value) : value, checks, compileRegex)
  const isReadable = target === 'heddle' && !faults.some(({ ruleId, severity }) => unreadable.has(ruleId) && severity !== 'warning')
  return { value: known, faults: isReadable ? [...faults, ...executionFaults(known as KubernetesObject, notEnforced)] : faults }
}

function checksOf(apiVersion: string, kind: string): Checks | undefined {
  const type = kindType(apiVersion, kind)
  if (type === undefined) return undefined
  const model = customKind(parseApiVersion(apiVersion).group, kind)
  return { type, check: model === undefined ? kubernetesRule(kind) : model.check }
}
