/** Deployments, ReplicaSets and the other workload kinds: the selector's agreement with the template, its immutability. */
import type { KubernetesObject } from '@heddle/client'
import { fieldsOf, sameJson, textMapOf } from '../../json-fields.js'
import type { StatusCause } from '../api-failure.js'
import { matchesLabelSelector } from '../selector.js'
import { invalidValue, type KindRules, requiredValue, type RuleContext } from './kind-rules.js'

export const workloadRules: KindRules = { check: checkSelector }

function checkSelector(object: KubernetesObject, { old }: RuleContext): readonly StatusCause[] {
  const spec = fieldsOf(object['spec'])
  const selector = fieldsOf(spec['selector'])
  const labels = textMapOf(fieldsOf(fieldsOf(spec['template'])['metadata'])['labels'])
  const causes: StatusCause[] = []
  const replicas = spec['replicas']
  if (typeof replicas === 'number' && replicas < 0)
    causes.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'))
  if (Object.keys(selector).length === 0) causes.push(requiredValue('spec.selector'))
  else if (!matchesLabelSelector(selector, labels))
    causes.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  if (old && !sameJson(fieldsOf(old['spec'])['selector'], spec['selector']))
    causes.push(invalidValue('spec.selector', selector, 'field is immutable'))
  return causes
}
