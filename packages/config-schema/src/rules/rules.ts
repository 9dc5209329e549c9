/** The rules beyond types. They run on values whose types are right, though fields may be missing. */
import type { KindRule } from '../model/kind-model.js'
import type { KubernetesObject } from '../resource.js'
import type { FaultList } from '../validate/fault.js'
import { checkMetadata } from './metadata.js'

/** What holds for every resource, and then what the kind asks for. */
export function checkRules(resource: KubernetesObject, check: KindRule<never> | undefined, faults: FaultList): void {
  checkMetadata(resource, faults)
  if (check !== undefined) (check as KindRule<KubernetesObject>)(resource, faults)
}
