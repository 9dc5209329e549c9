/**
 * The names file that the platform writes in every Pod: what kube-proxy and the cluster's DNS would answer. Names of
 * Services as seen from the Pod's namespace become virtual IPs, and each port of a virtual IP its ready endpoints.
 */
import type { KubernetesObject, NamesFile } from '@heddle/client'
import { fieldsOf, listOf, numberOf, textOf } from '../json-fields.js'

export type NamesContent = Pick<NamesFile, 'names' | 'direct'>

export interface ClusterView {
  readonly services: readonly KubernetesObject[]
  readonly endpointSlices: readonly KubernetesObject[]
}

/** One cluster seen from one namespace. */
export function platformNames(view: ClusterView, namespace: string): NamesContent {
  const names: Record<string, string[]> = {}
  const direct: Record<string, string[]> = {}
  for (const service of view.services) {
    const slices = view.endpointSlices.filter((slice) => isOf(slice, service))
    const virtualIps = clusterIps(service)
    const addresses = virtualIps.length > 0 ? virtualIps : endpointIps(slices)
    if (addresses.length === 0) continue
    for (const name of serviceNames(service, namespace)) names[name] = addresses
    for (const virtualIp of virtualIps) addPorts(direct, virtualIp, service, slices)
  }
  return { names, direct }
}

function isOf(slice: KubernetesObject, service: KubernetesObject): boolean {
  return (
    slice.metadata.namespace === service.metadata.namespace &&
    slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name
  )
}

/** Empty for a headless Service, whose names are its endpoints' addresses, and for one that is another name. */
function clusterIps(service: KubernetesObject): string[] {
  const address = textOf(fieldsOf(service['spec'])['clusterIP'])
  return address === undefined || address === '' || address === 'None' ? [] : [address]
}

function serviceNames(service: KubernetesObject, from: string): string[] {
  const { name } = service.metadata
  const namespace = service.metadata.namespace ?? 'default'
  const names = [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`]
  return namespace === from ? [name, ...names] : names
}

function addPorts(
  direct: Record<string, string[]>,
  virtualIp: string,
  service: KubernetesObject,
  slices: readonly KubernetesObject[],
): void {
  for (const port of listOf(fieldsOf(service['spec'])['ports'])) {
    const endpoints = slices.flatMap((slice) => portEndpoints(slice, textOf(port['name']) ?? ''))
    direct[`${virtualIp}:${String(port['port'])}`] = endpoints.toSorted()
  }
}

function portEndpoints(slice: KubernetesObject, portName: string): string[] {
  const port = listOf(slice['ports']).find((candidate) => (textOf(candidate['name']) ?? '') === portName)
  const number = numberOf(port?.['port'])
  return number === undefined ? [] : readyAddresses(slice).map((address) => `${address}:${number}`)
}

function endpointIps(slices: readonly KubernetesObject[]): string[] {
  return slices.flatMap(readyAddresses).toSorted()
}

/** An endpoint that says nothing about readiness is ready (EndpointSlice conditions). */
function readyAddresses(slice: KubernetesObject): string[] {
  return listOf(slice['endpoints'])
    .filter((endpoint) => fieldsOf(endpoint['conditions'])['ready'] !== false)
    .flatMap((endpoint) =>
      Array.isArray(endpoint['addresses']) ? endpoint['addresses'].filter((a): a is string => typeof a === 'string') : [],
    )
}
