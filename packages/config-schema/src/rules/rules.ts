/** The rules beyond types, by kind. They run on values whose types are right, though fields may be missing. */
import { parseApiVersion } from '../kinds/kind-info.js'
import type { KubernetesObject } from '../resource.js'
import type { FaultList } from '../validate/fault.js'
import { checkDataKeys } from './data-keys.js'
import { checkDestinationRule } from './destination-rule.js'
import { checkGateway } from './gateway.js'
import { checkMetadata } from './metadata.js'
import { checkPeerAuthentication } from './peer-authentication.js'
import { checkService } from './service.js'
import { checkVirtualService } from './virtual-service.js'
import { checkCronJob, checkJob, checkPod, checkWorkload } from './workload.js'

type KindRule = (resource: never, faults: FaultList) => void

const istioRules: Readonly<Record<string, KindRule>> = {
  VirtualService: checkVirtualService,
  DestinationRule: checkDestinationRule,
  Gateway: checkGateway,
  PeerAuthentication: checkPeerAuthentication,
}
const kubernetesRules: Readonly<Record<string, KindRule>> = {
  Service: checkService,
  ConfigMap: checkDataKeys,
  Secret: checkDataKeys,
  Pod: checkPod,
  Deployment: checkWorkload,
  ReplicaSet: checkWorkload,
  StatefulSet: checkWorkload,
  DaemonSet: checkWorkload,
  Job: checkJob,
  CronJob: checkCronJob,
}

export function checkRules(resource: KubernetesObject, faults: FaultList): void {
  checkMetadata(resource, faults)
  const isIstio = parseApiVersion(resource.apiVersion).group.endsWith('.istio.io')
  // A missing spec is one fault; what it would have to hold follows from it.
  if (isIstio && resource.spec === undefined) return
  const rules = isIstio ? istioRules : kubernetesRules
  if (Object.hasOwn(rules, resource.kind)) (rules[resource.kind] as (resource: unknown, faults: FaultList) => void)(resource, faults)
}
