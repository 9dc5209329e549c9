/** What a platform holds from its first moment: namespaces, and the API's own Service. Repaired at every start. */
import type { KubernetesObject } from '@heddle/client'
import type { Registry } from './api/registry.js'
import type { ResourceKind } from './api/resource-kind.js'
import { apiServiceAddress } from './api/rules/cluster-ips.js'
import { fieldsOf } from './json-fields.js'

export interface FirstObjectsOptions {
  readonly subnet: number
  /** Where the API listens. */
  readonly port: number
}

export async function createFirstObjects(registry: Registry, { subnet, port }: FirstObjectsOptions): Promise<void> {
  const kindOf = (group: string, plural: string): ResourceKind => registry.catalog.byPlural(group, 'v1', plural) as ResourceKind
  const namespaces = kindOf('', 'namespaces')
  for (const name of ['default', 'kube-system'])
    if (!registry.find(namespaces, undefined, name))
      await registry.create(namespaces, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  await moveServices(registry, kindOf('', 'services'))
  await putObject(registry, kindOf('', 'services'), apiService(subnet))
  await putObject(registry, kindOf('discovery.k8s.io', 'endpointslices'), apiSlice(port))
}

/** In another subnet than before, Services get new addresses: their rules see that the old ones are out of range. */
async function moveServices(registry: Registry, services: ResourceKind): Promise<void> {
  for (const service of registry.list(services, {}).items) {
    const { clusterIP: _ip, clusterIPs: _ips, ...spec } = fieldsOf(service['spec'])
    if (service.metadata.name === 'kubernetes' && service.metadata.namespace === 'default') continue
    await registry.update(services, service.metadata.namespace, service.metadata.name, { ...service, spec })
  }
}

async function putObject(registry: Registry, kind: ResourceKind, object: KubernetesObject): Promise<void> {
  const { name, namespace } = object.metadata
  if (registry.find(kind, namespace, name)) await registry.update(kind, namespace, name, object)
  else await registry.create(kind, namespace, object)
}

const labels = { component: 'apiserver', provider: 'kubernetes' }

function apiService(subnet: number): KubernetesObject {
  const clusterIP = apiServiceAddress(subnet)
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
  }
}

function apiSlice(port: number): KubernetesObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true, terminating: false } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }
}
