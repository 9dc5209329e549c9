/** VirtualServices that are bound to Gateways which do not exist. */
import type { ProxyView } from '../proxy/proxy-view.js'
import { meshGateway } from '../host/gateway-name.js'

export function reportUnknownGateways(view: ProxyView): void {
  const known = new Set(view.snapshot.gateways.map(({ metadata }) => `${metadata.namespace ?? 'default'}/${metadata.name ?? ''}`))
  for (const owner of view.virtualServices) {
    for (const [index, gateway] of owner.gateways.entries()) {
      if (gateway === meshGateway || known.has(gateway)) continue
      view.issues.add({
        code: 'unknown-gateway',
        severity: 'error',
        resource: { kind: 'VirtualService', namespace: owner.namespace, name: owner.name },
        path: `spec.gateways[${index}]`,
        message: `there is no Gateway ${gateway}${known.size > 0 ? `; there are ${[...known].join(', ')}` : ''}`,
      })
    }
  }
}
