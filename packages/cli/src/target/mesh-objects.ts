/** Everything that decides about traffic, listed once from an API; kinds that it does not serve are none. */
import { statusOf, type KubernetesObject, type ResourceClient, type ResourceType } from '@heddle/client/resources'

const type = (group: string, plural: string, kind: string): readonly [ResourceType, string] => [{ group, version: 'v1', plural }, kind]

const kinds: readonly (readonly [ResourceType, string])[] = [
  type('', 'services', 'Service'),
  type('', 'pods', 'Pod'),
  type('', 'nodes', 'Node'),
  type('', 'namespaces', 'Namespace'),
  type('discovery.k8s.io', 'endpointslices', 'EndpointSlice'),
  type('networking.istio.io', 'virtualservices', 'VirtualService'),
  type('networking.istio.io', 'destinationrules', 'DestinationRule'),
  type('networking.istio.io', 'gateways', 'Gateway'),
  type('networking.istio.io', 'serviceentries', 'ServiceEntry'),
  type('networking.istio.io', 'workloadentries', 'WorkloadEntry'),
  type('networking.istio.io', 'sidecars', 'Sidecar'),
  type('security.istio.io', 'peerauthentications', 'PeerAuthentication'),
]

export async function listMesh(client: ResourceClient): Promise<readonly KubernetesObject[]> {
  const lists = await Promise.all(kinds.map(([resource, kind]) => listKind(client, resource, kind)))
  const settings = await client.get({ group: '', version: 'v1', plural: 'configmaps' }, 'istio', 'istio-system')
  return [...lists.flat(), ...(settings === undefined ? [] : [{ ...settings, apiVersion: 'v1', kind: 'ConfigMap' }])]
}

async function listKind(client: ResourceClient, resource: ResourceType, kind: string): Promise<readonly KubernetesObject[]> {
  try {
    const { items } = await client.list(resource)
    return items.map((item) => ({
      ...item,
      apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
      kind,
    }))
  } catch (error) {
    if (statusOf(error)?.code === 404) return []
    throw error
  }
}
