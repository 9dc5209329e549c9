/** Deployments, ReplicaSets and the other workload kinds: defaults, the selector's agreement with the template, its immutability. */
import type { KubernetesObject } from '@heddle/client'
import { fieldsOf, sameJson, textMapOf } from '../../json-fields.js'
import type { StatusCause } from '../api-failure.js'
import { matchesLabelSelector } from '../selector.js'
import { invalidValue, type KindRules, requiredValue, type RuleContext } from './kind-rules.js'
import { podSpecDefaults } from './pod-rules.js'

export const deploymentRules: KindRules = {
  prepare: (object) => {
    const spec = fieldsOf(object['spec'])
    const strategy = fieldsOf(spec['strategy'])
    const rolling = fieldsOf(strategy['rollingUpdate'])
    const isRecreate = strategy['type'] === 'Recreate'
    return withSpec(object, {
      replicas: spec['replicas'] ?? 1,
      revisionHistoryLimit: spec['revisionHistoryLimit'] ?? 10,
      progressDeadlineSeconds: spec['progressDeadlineSeconds'] ?? 600,
      strategy: isRecreate
        ? { type: 'Recreate' }
        : {
            type: 'RollingUpdate',
            rollingUpdate: { maxSurge: rolling['maxSurge'] ?? '25%', maxUnavailable: rolling['maxUnavailable'] ?? '25%' },
          },
    })
  },
  check: checkSelector,
}

export const replicatedRules: KindRules = {
  prepare: (object) => withSpec(object, { replicas: fieldsOf(object['spec'])['replicas'] ?? 1 }),
  check: checkSelector,
}

export const templatedRules: KindRules = { prepare: (object) => withSpec(object, {}), check: checkSelector }

function withSpec(object: KubernetesObject, filled: Readonly<Record<string, unknown>>): KubernetesObject {
  const spec = fieldsOf(object['spec'])
  const template = fieldsOf(spec['template'])
  const metadata = { creationTimestamp: null, ...fieldsOf(template['metadata']) }
  return { ...object, spec: { ...spec, ...filled, template: { ...template, metadata, spec: podSpecDefaults(fieldsOf(template['spec'])) } } }
}

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
