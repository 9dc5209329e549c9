/** gateway.networking.k8s.io TLSRoute, TCPRoute and UDPRoute: how connections and datagrams are forwarded without reading them. */
import { list, object, required, type ObjectType } from '../model/field-type.js'
import { backendRef, hostname, parentRefs, sectionName, useDefaultGateways } from './shared.js'

const backendRefs = required(list(backendRef, { minItems: 1, maxItems: 16 }))
const ruleOf = (name: string): ObjectType => object(name, { name: sectionName, backendRefs })

export const tlsRouteSpec: ObjectType = object(
  'TLSRouteSpec',
  {
    parentRefs,
    useDefaultGateways,
    hostnames: required(list(hostname, { minItems: 1, maxItems: 1024 }), 'Server names that clients send.'),
    rules: required(list(ruleOf('TLSRouteRule'), { minItems: 1, maxItems: 1 })),
  },
  { doc: 'How TLS connections are forwarded by their server name.' },
)

export const tcpRouteSpec: ObjectType = object(
  'TCPRouteSpec',
  { parentRefs, useDefaultGateways, rules: required(list(ruleOf('TCPRouteRule'), { minItems: 1, maxItems: 1 })) },
  { doc: 'How TCP connections are forwarded.' },
)

export const udpRouteSpec: ObjectType = object(
  'UDPRouteSpec',
  { parentRefs, useDefaultGateways, rules: required(list(ruleOf('UDPRouteRule'), { minItems: 1, maxItems: 1 })) },
  { doc: 'How datagrams are forwarded.' },
)
