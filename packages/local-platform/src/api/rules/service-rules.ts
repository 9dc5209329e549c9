/** Services: the virtual address, and what may not change afterwards (Kubernetes' core/v1 Service strategy). */
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, listOf, textOf } from '../../json-fields.js'
import { failure, type StatusCause } from '../api-failure.js'
import { duplicateValue, invalidValue, type KindRules, requiredValue, type RuleContext } from './kind-rules.js'

export const serviceRules: KindRules = { prepare: prepareService, check: checkService }

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
    // Load balancers of this platform are listeners of the gateway's process on the machine itself.
    status: type === 'LoadBalancer' ? { loadBalancer: { ingress: [{ ip: '127.0.0.1', ipMode: 'VIP' }] } } : { loadBalancer: {} },
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

function checkService(object: KubernetesObject, context: RuleContext): readonly StatusCause[] {
  const spec = fieldsOf(object['spec'])
  const ports = listOf(spec['ports'])
  const causes: StatusCause[] = []
  if (ports.length === 0 && spec['type'] !== 'ExternalName' && spec['clusterIP'] !== 'None') causes.push(requiredValue('spec.ports'))
  if (spec['type'] === 'ExternalName' && !textOf(spec['externalName'])) causes.push(requiredValue('spec.externalName'))
  causes.push(...checkPorts(ports), ...checkAddress(spec, object, context))
  return causes
}

function checkPorts(ports: readonly Fields[]): readonly StatusCause[] {
  const causes: StatusCause[] = []
  const seen = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const number = port['port']
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 65_535)
      causes.push(invalidValue(`spec.ports[${index}].port`, number, 'must be between 1 and 65535, inclusive'))
    if (ports.length > 1 && !textOf(port['name'])) causes.push(requiredValue(`spec.ports[${index}].name`))
    const key = `${String(number)}/${String(port['protocol'])}`
    if (seen.has(key)) causes.push(duplicateValue(`spec.ports[${index}]`, { port: number, protocol: port['protocol'] }))
    seen.add(key)
  }
  return causes
}

function checkAddress(spec: Fields, object: KubernetesObject, { old, clusterIps, services }: RuleContext): readonly StatusCause[] {
  const address = textOf(spec['clusterIP'])
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
