/** Which rules hold for which kind; kinds not named here have none of their own. */
import { qualifiedName, type ResourceKind } from '../resource-kind.js'
import { configMapRules, definitionRules, namespaceRules, secretRules } from './core-rules.js'
import type { KindRules } from './kind-rules.js'
import { podRules } from './pod-rules.js'
import { serviceRules } from './service-rules.js'
import { unrunJobRules, unrunWorkloadRules, workloadRules } from './workload-rules.js'

const table: Readonly<Record<string, KindRules>> = {
  configmaps: configMapRules,
  namespaces: namespaceRules,
  pods: podRules,
  secrets: secretRules,
  services: serviceRules,
  'customresourcedefinitions.apiextensions.k8s.io': definitionRules,
  'cronjobs.batch': unrunJobRules,
  'daemonsets.apps': unrunWorkloadRules,
  'deployments.apps': workloadRules,
  'jobs.batch': unrunJobRules,
  'replicasets.apps': workloadRules,
  'statefulsets.apps': unrunWorkloadRules,
}

const noRules: KindRules = {}

export function rulesFor(kind: ResourceKind): KindRules {
  return table[qualifiedName(kind)] ?? noRules
}
