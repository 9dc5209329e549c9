/** Istio's names of a gateway's route configurations: plaintext servers of a port share one, every TLS server has its own. */
import type { BoundServer, GatewayPort } from './gateway-servers.js'

export function gatewayRouteName({ port, bind }: GatewayPort, bound: BoundServer): string {
  const suffix = bind === undefined ? '' : `.${bind}`
  if (!bound.secure) return `http.${port}${suffix}`
  const { server, gatewayName, gatewayNamespace } = bound
  return `https.${server.port.number}.${server.port.name ?? ''}.${gatewayName}.${gatewayNamespace}${suffix}`
}
