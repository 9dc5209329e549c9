/** networking.istio.io Sidecar: what the proxies of some workloads accept and what they may reach. One schema for all versions. */
import { described, describedWords, integer, list, object, required, text, type ObjectType } from '../model/field-type.js'
import { connectionPoolSettings } from './connection-pool.js'
import { destination, labelsSelector } from './shared.js'
import { serverTlsSettings } from './tls.js'

const captureMode = {
  type: describedWords({
    DEFAULT: 'As the node does it.',
    IPTABLES: 'Traffic is redirected to the proxy.',
    NONE: 'Nothing is redirected: programs talk to this port.',
  }),
  default: 'DEFAULT',
  doc: 'How traffic gets to the listener; NONE means that applications connect to it by themselves.',
}

const sidecarPort = object('SidecarPort', {
  number: described(integer(0, 4_294_967_295), 'Port number; 0 only with a unix socket.'),
  protocol: described(text(), 'HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS, MONGO, REDIS or MYSQL.'),
  name: text(),
  targetPort: { type: integer(0, 4_294_967_295), deprecated: 'remove it; it has no effect' },
})

const ingressListener = object('IstioIngressListener', {
  port: required(sidecarPort),
  bind: described(text(), 'Address to listen on; absent means the address of the workload.'),
  captureMode,
  defaultEndpoint: described(text(), '127.0.0.1:PORT, 0.0.0.0:PORT, [::1]:PORT, [::]:PORT or unix:///PATH.'),
  tls: serverTlsSettings,
  connectionPool: connectionPoolSettings,
})

const egressListener = object('IstioEgressListener', {
  port: described(sidecarPort, 'Only the last entry may leave it out: it is for all other ports.'),
  bind: text(),
  captureMode,
  hosts: required(list(text()), 'NAMESPACE/HOST each; the namespace may be "*" (all), "." (own) or "~" (none).'),
})

export const sidecarSpec: ObjectType = object(
  'SidecarSpec',
  {
    workloadSelector: described(labelsSelector, 'Absent makes this the default of its namespace.'),
    ingress: described(list(ingressListener), 'What the proxy accepts; absent means every port of the services of the workload.'),
    egress: described(list(egressListener), 'What the proxy may reach; absent means everything that is exported to the namespace.'),
    inboundConnectionPool: described(connectionPoolSettings, 'Limits towards the application.'),
    outboundTrafficPolicy: object(
      'OutboundTrafficPolicy',
      {
        mode: {
          type: describedWords({
            REGISTRY_ONLY: 'Hosts that nobody defines cannot be reached.',
            ALLOW_ANY: 'Hosts that nobody defines are reached as they are.',
          }),
          default: 'REGISTRY_ONLY',
          doc: 'Of an empty policy; without a policy the mesh decides, usually ALLOW_ANY.',
        },
        egressProxy: {
          type: destination,
          doc: 'Where traffic to unknown hosts goes.',
          deprecated: 'route what leaves the mesh through an egress gateway instead',
        },
      },
      { doc: 'What happens to traffic to hosts that nobody registered.' },
    ),
  },
  { doc: 'What the proxies of some workloads accept and reach.' },
)
