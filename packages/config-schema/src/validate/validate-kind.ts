/** Checks a value against one kind, which is all that is loaded. */
import type { KindModel } from '../model/kind-model.js'
import { clip } from '../model/clip.js'
import type { Fault } from './fault.js'
import { findFaults } from './find-faults.js'
import { readIdentity } from './identity.js'
import type { KindOptions, ValidateResult } from './options.js'
import { pruned } from './prune.js'
import { resultOf } from './result.js'

export function validateKind<Resource>(
  model: KindModel,
  value: unknown,
  { compileRegex, unknownFields }: KindOptions,
): ValidateResult<Resource> {
  const identity = readIdentity(value)
  const wrong = 'faults' in identity ? identity.faults : otherKind(model, identity)
  if (wrong.length > 0) return resultOf(value, wrong)
  const known = findFaults(unknownFields === 'prune' ? pruned(model.type, value) : value, model, compileRegex)
  return resultOf(known.value, known.faults)
}

function otherKind(
  { group, kind, versions }: KindModel,
  identity: { readonly apiVersion: string; readonly kind: string },
): readonly Fault[] {
  if (identity.kind !== kind)
    return [
      {
        ruleId: 'bad-enum',
        message: `"${clip(identity.kind)}" is not allowed here; expected the kind ${kind}.`,
        path: ['kind'],
        expected: kind,
      },
    ]
  const served = versions.map((version) => `${group}/${version}`)
  if (served.includes(identity.apiVersion)) return []
  const expected = `one of ${served.join(', ')}`
  const message = `There is no kind ${kind} in "${clip(identity.apiVersion)}"; expected ${expected}.`
  return [{ ruleId: 'wrong-api-version', message, path: ['apiVersion'], expected, suggestion: served[0] as string }]
}
