/** Names of Gateways as VirtualServices write them. */

/** Stands for every sidecar. */
export const meshGateway = 'mesh'

/** `NAME` and `NAMESPACE/NAME` both become the latter; `mesh` stays. */
export function resolveGateway(gateway: string, namespace: string): string {
  return gateway === meshGateway || gateway.includes('/') ? gateway : `${namespace}/${gateway}`
}
