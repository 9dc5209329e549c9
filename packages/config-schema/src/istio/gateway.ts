/** networking.istio.io Gateway: which ports, hosts and certificates a gateway workload serves. One schema for all served versions. */
import { described, list, map, object, required, text, type ObjectType } from '../model/field-type.js'
import { serverPort } from './shared.js'
import { serverTlsSettings } from './tls.js'

const server = object('Server', {
  port: required(serverPort),
  bind: text(),
  hosts: required(list(text()), 'Host names, each with an optional NAMESPACE/ before it; "*" serves every host.'),
  tls: serverTlsSettings,
  defaultEndpoint: text(),
  name: text(),
})

export const gatewaySpec: ObjectType = object(
  'GatewaySpec',
  {
    servers: list(server),
    selector: described(map(text('label-value'), { keys: 'label-key' }), 'Labels of the gateway workload, such as istio: ingressgateway.'),
  },
  { doc: 'Which ports, hosts and certificates a gateway workload serves.' },
)
