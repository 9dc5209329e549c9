/** The rules beyond types, by kind. They run on values whose types are right, though fields may be missing. */
import { parseApiVersion } from '../kinds/kind-info.js'
import type { KubernetesObject } from '../resource.js'
import type { FaultList } from '../validate/fault.js'
import { checkMetadata } from './metadata.js'

export type KindRule = (resource: never, faults: FaultList) => void

const istioRules: Readonly<Record<string, KindRule>> = {}
const kubernetesRules: Readonly<Record<string, KindRule>> = {}

export function checkRules(resource: KubernetesObject, faults: FaultList): void {
  checkMetadata(resource, faults)
  const isIstio = parseApiVersion(resource.apiVersion).group.endsWith('.istio.io')
  const rules = isIstio ? istioRules : kubernetesRules
  if (Object.hasOwn(rules, resource.kind)) (rules[resource.kind] as (resource: unknown, faults: FaultList) => void)(resource, faults)
}
