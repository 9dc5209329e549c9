/** Services: the virtual address, and what may not change afterwards (Kubernetes' core/v1 Service strategy). */
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, sameJson, textOf } from '../../json-fields.js'
import { failure, type StatusCause } from '../api-failure.js'
import { invalidValue, type KindRules, type RuleContext } from './kind-rules.js'

export const serviceRules: KindRules = { prepare: prepareService, check: checkAddress, warnings: warnOfType }

function prepareService(object: KubernetesObject, context: RuleContext): KubernetesObject {
  const spec = fieldsOf(object['spec'])
  const type = textOf(spec['type']) ?? 'ClusterIP'
  if (type === 'ExternalName')
    return { ...object, spec: without(spec, ['clusterIP', 'clusterIPs']), status: object['status'] ?? { loadBalancer: {} } }
  const clusterIp = textOf(spec['clusterIP']) || previousAddress(context) || chooseAddress(object, context)
  return {
    ...object,
    spec: {
      ...spec,
      clusterIP: clusterIp,
      clusterIPs: [clusterIp],
      ipFamilies: spec['ipFamilies'] ?? ['IPv4'],
      ipFamilyPolicy: spec['ipFamilyPolicy'] ?? 'SingleStack',
    },
    status: { loadBalancer: loadBalancerOf(type, context.old) },
  }
}

/** Load balancers are listeners of the gateway's process on this machine; the runtime says on which address, if one serves it. */
function loadBalancerOf(type: string, old: KubernetesObject | undefined): Fields {
  return type === 'LoadBalancer' ? fieldsOf(fieldsOf(old?.['status'])['loadBalancer']) : {}
}

function warnOfType(object: KubernetesObject, old: KubernetesObject | undefined): readonly string[] {
  if (old && sameJson(old['spec'], object['spec'])) return []
  switch (fieldsOf(object['spec'])['type']) {
    case 'ExternalName':
      return ['spec.type: the local platform does not resolve an ExternalName Service: its name leads nowhere, in the mesh too']
    case 'NodePort':
      return ['spec.type: the local platform opens no node ports; the Service is served on its cluster IP, from outside through a gateway']
    default:
      return []
  }
}

/** The address stays over updates; one outside the range (the mesh got another subnet) is given up. */
function previousAddress({ old, clusterIps }: RuleContext): string | undefined {
  const address = textOf(fieldsOf(old?.['spec'])['clusterIP'])
  return address === 'None' || (address && clusterIps.contains(address)) ? address : undefined
}

function chooseAddress(object: KubernetesObject, context: RuleContext): string {
  const taken = new Set(context.services().map((service) => textOf(fieldsOf(service['spec'])['clusterIP']) ?? ''))
  const address = context.clusterIps.choose(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, taken)
  if (address === undefined) throw failure(500, 'InternalError', 'no virtual address is left for another Service')
  return address
}

function without(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}

function checkAddress(object: KubernetesObject, { old, clusterIps, services }: RuleContext): readonly StatusCause[] {
  const address = textOf(fieldsOf(object['spec'])['clusterIP'])
  if (address === undefined || address === 'None') return []
  const before = textOf(fieldsOf(old?.['spec'])['clusterIP'])
  if (before !== undefined && before !== address && clusterIps.contains(before))
    return [invalidValue('spec.clusterIP', address, 'field is immutable')]
  if (!clusterIps.contains(address)) return [invalidValue('spec.clusterIP', address, 'it is not in the range of this mesh')]
  const holder = services().find(
    (service) => fieldsOf(service['spec'])['clusterIP'] === address && service.metadata.uid !== object.metadata.uid,
  )
  return holder ? [invalidValue('spec.clusterIP', address, 'provided IP is already allocated')] : []
}
