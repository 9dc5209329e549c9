/** Workload kinds: the selector is for life, since the Pods of another one would be nobody's; and those that nothing here runs. */
import type { KubernetesObject } from '@heddle/client'
import { fieldsOf, sameJson } from '../../json-fields.js'
import type { StatusCause } from '../api-failure.js'
import { invalidValue, type KindRules, type RuleContext } from './kind-rules.js'

export const workloadRules: KindRules = { check: checkSelector }

/** Kinds that are kept and never run. */
export const unrunJobRules: KindRules = { warnings: warnOfUnrun }
export const unrunWorkloadRules: KindRules = { ...workloadRules, ...unrunJobRules }

export function notSupported({ kind }: KubernetesObject): string {
  return `a ${kind} is stored but not run by the local platform; use a Deployment`
}

function warnOfUnrun(object: KubernetesObject, old: KubernetesObject | undefined): readonly string[] {
  return old && sameJson(old['spec'], object['spec']) ? [] : [notSupported(object)]
}

function checkSelector(object: KubernetesObject, { old }: RuleContext): readonly StatusCause[] {
  const { selector } = fieldsOf(object['spec'])
  if (!old || sameJson(fieldsOf(old['spec'])['selector'], selector)) return []
  return [invalidValue('spec.selector', selector, 'field is immutable')]
}
