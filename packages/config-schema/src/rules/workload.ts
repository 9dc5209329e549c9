/** Rules of workload kinds that Kubernetes' API server enforces: selectors that fit the template, and restart policies. */
import type { CronJob, Deployment, Job, JobSpec, Pod, PodTemplateSpec, StatefulSet } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { checkLabels } from './metadata.js'
import { checkPodShares } from './pod-share.js'
import { checkPodSpec } from './pod-spec.js'
import { error, within } from './reporter.js'

export function checkPod(resource: Pod, faults: FaultList): void {
  if (resource.spec === undefined)
    error(faults, 'missing-field', ['spec'], 'A Pod needs a spec with its containers.', { part: 'key', expected: 'spec.containers' })
  else within(faults, ['spec'], () => checkPodSpec(resource.spec, [], faults))
}

/** Deployment, ReplicaSet, StatefulSet and DaemonSet have the same outline. */
export function checkWorkload(resource: Deployment | StatefulSet, faults: FaultList): void {
  const spec = resource.spec
  if (spec === undefined) {
    error(faults, 'missing-field', ['spec'], `A ${resource.kind} needs a spec with selector and template.`, {
      part: 'key',
      expected: 'spec.selector and spec.template',
    })
    return
  }
  within(faults, ['spec'], () => {
    checkSelector(spec.selector?.matchLabels, spec.template?.metadata?.labels, faults)
    if (spec.selector && !spec.selector.matchLabels && !spec.selector.matchExpressions) {
      error(faults, 'workload/selector-empty', ['selector'], 'The selector is empty; it needs matchLabels that the template has.', {
        part: 'key',
      })
    }
    if (('replicas' in spec ? (spec.replicas ?? 0) : 0) < 0)
      error(faults, 'out-of-range', ['replicas'], 'The number of replicas cannot be negative.')
    for (const strategy of ['strategy', 'updateStrategy']) checkPodShares(spec, [strategy, 'rollingUpdate'], faults)
    const claims = 'volumeClaimTemplates' in spec ? (spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata?.name ?? '') : []
    checkTemplate(spec.template, claims, ['Always'], faults)
  })
}

function checkSelector(
  wanted: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>> | undefined,
  faults: FaultList,
): void {
  for (const [key, value] of Object.entries(wanted ?? {})) {
    if (labels?.[key] === value) continue
    const message = `The Pods of the template do not have the label ${clip(key)}: ${clip(value)} that the selector asks for.`
    error(faults, 'workload/selector-mismatch', ['selector', 'matchLabels', key], message, {
      related: [{ path: [...faults.path, 'template', 'metadata', 'labels'], message: 'The labels of the Pods.' }],
      dependsOn: [...faults.path, 'template', 'metadata', 'labels'],
      expected: `spec.template.metadata.labels with ${clip(key)}: ${clip(value)}`,
    })
  }
}

function checkTemplate(
  template: PodTemplateSpec | undefined,
  claims: readonly string[],
  policies: readonly string[],
  faults: FaultList,
): void {
  if (template === undefined) return
  within(faults, ['template'], () => {
    within(faults, ['metadata'], () => checkLabels(template.metadata?.labels, 'labels', faults))
    if (template.spec === undefined)
      error(faults, 'missing-field', ['spec'], 'The template needs a spec with its containers.', {
        part: 'key',
        expected: 'spec.containers',
      })
    within(faults, ['spec'], () => checkPodSpec(template.spec, claims, faults))
    const policy = template.spec?.restartPolicy ?? 'Always'
    if (template.spec !== undefined && !policies.includes(policy)) {
      error(faults, 'workload/restart-policy', ['spec', 'restartPolicy'], `Here restartPolicy must be ${policies.join(' or ')}.`, {
        expected: policies.join(' or '),
      })
    }
  })
}

export function checkDisruptionBudget(resource: { readonly spec?: unknown }, faults: FaultList): void {
  checkPodShares(resource, ['spec'], faults)
}

export function checkJob(resource: Job, faults: FaultList): void {
  within(faults, ['spec'], () => checkJobSpec(resource.spec, faults))
}

export function checkCronJob(resource: CronJob, faults: FaultList): void {
  const fields = resource.spec?.schedule?.trim().split(/\s+/) ?? []
  if (resource.spec?.schedule !== undefined && fields.length !== 5 && !fields[0]?.startsWith('@')) {
    error(faults, 'cron-job/schedule', ['spec', 'schedule'], `"${clip(resource.spec.schedule)}" is not a schedule.`, {
      expected: 'five fields such as "*/5 * * * *"',
    })
  }
  within(faults, ['spec', 'jobTemplate', 'spec'], () => checkJobSpec(resource.spec?.jobTemplate?.spec, faults))
}

function checkJobSpec(spec: JobSpec | undefined, faults: FaultList): void {
  checkTemplate(spec?.template, [], ['OnFailure', 'Never'], faults)
}
