/** Workload kinds: the selector is for life, since the Pods of another one would be nobody's. */
import type { KubernetesObject } from '@heddle/client'
import { fieldsOf, sameJson } from '../../json-fields.js'
import type { StatusCause } from '../api-failure.js'
import { invalidValue, type KindRules, type RuleContext } from './kind-rules.js'

export const workloadRules: KindRules = { check: checkSelector }

function checkSelector(object: KubernetesObject, { old }: RuleContext): readonly StatusCause[] {
  const { selector } = fieldsOf(object['spec'])
  if (!old || sameJson(fieldsOf(old['spec'])['selector'], selector)) return []
  return [invalidValue('spec.selector', selector, 'field is immutable')]
}
