/** The rules of Kubernetes' own kinds. */
import type { KindRule } from '../model/kind-model.js'
import { checkDataKeys } from './data-keys.js'
import { checkIngress } from './ingress.js'
import { checkService } from './service.js'
import { checkCronJob, checkDisruptionBudget, checkJob, checkPod, checkWorkload } from './workload.js'

const kubernetesRules: Readonly<Record<string, KindRule<never>>> = {
  Service: checkService,
  Ingress: checkIngress,
  ConfigMap: checkDataKeys,
  Secret: checkDataKeys,
  Pod: checkPod,
  Deployment: checkWorkload,
  ReplicaSet: checkWorkload,
  StatefulSet: checkWorkload,
  DaemonSet: checkWorkload,
  Job: checkJob,
  CronJob: checkCronJob,
  PodDisruptionBudget: checkDisruptionBudget,
}

/** The rules of one of Kubernetes' own kinds. */
export function kubernetesRule(kind: string): KindRule<never> | undefined {
  return Object.hasOwn(kubernetesRules, kind) ? kubernetesRules[kind] : undefined
}
