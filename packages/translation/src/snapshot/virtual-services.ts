/** VirtualServices with their host and gateway names resolved against their own namespace, oldest first. */
import { resolveHost } from '../host/host-name.js'
import type { VirtualService } from '../resources/virtual-service.js'
import { byCreation } from './age.js'

export const meshGateway = 'mesh'

export interface MeshVirtualService {
  readonly resource: VirtualService
  readonly name: string
  readonly namespace: string
  readonly spec: NonNullable<VirtualService['spec']>
  readonly hosts: readonly string[]
  /** `mesh`, or `NAMESPACE/NAME`. */
  readonly gateways: readonly string[]
}

export function indexVirtualServices(resources: readonly VirtualService[], clusterDomain: string): readonly MeshVirtualService[] {
  return resources
    .toSorted((left, right) => byCreation(left.metadata, right.metadata))
    .map((resource) => {
      const namespace = resource.metadata.namespace ?? 'default'
      const spec = resource.spec ?? {}
      return {
        resource,
        spec,
        name: resource.metadata.name ?? '',
        namespace,
        hosts: (spec.hosts ?? []).map((host) => resolveHost(host, namespace, clusterDomain)),
        gateways: (spec.gateways ?? [meshGateway]).map((gateway) => resolveGateway(gateway, namespace)),
      }
    })
}

/** `NAME` and `NAMESPACE/NAME` both become the latter; `mesh` stays. */
export function resolveGateway(gateway: string, namespace: string): string {
  return gateway === meshGateway || gateway.includes('/') ? gateway : `${namespace}/${gateway}`
}
