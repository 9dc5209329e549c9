/** networking.istio.io ServiceEntry: services outside the platform's own registry. All served versions have this one schema. */
import { described, describedWords, integer, list, object, required, shortText, text, type ObjectType } from '../model/field-type.js'
import { exportTo, labelsSelector } from './shared.js'
import { workloadEntrySpec } from './workload-entry.js'

/** Port numbers are judged by a rule, so that a message can name the valid range. */
const number = integer(0, 4_294_967_295)

const servicePort = object('ServiceEntryPort', {
  number: required(number, 'What clients connect to.'),
  protocol: described(text(undefined, { maxLength: 256 }), 'HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS, MONGO, REDIS or MYSQL.'),
  name: required(shortText(256), 'Unique among the ports; endpoints refer to it.'),
  targetPort: described(number, 'Port of the endpoints, where it is another.'),
})

export const serviceEntrySpec: ObjectType = object(
  'ServiceEntrySpec',
  {
    hosts: required(list(text(), { minItems: 1, maxItems: 256 }), 'The names the service is called by.'),
    addresses: described(
      list(text('subnet', { maxLength: 64 }), { maxItems: 256 }),
      'Virtual addresses, or ranges with resolution NONE or STATIC.',
    ),
    ports: described(list(servicePort, { maxItems: 256 }), 'The ports of the service.'),
    location: {
      type: describedWords({
        MESH_EXTERNAL: 'Outside: no mutual TLS of the mesh.',
        MESH_INTERNAL: 'Part of the mesh, such as virtual machines.',
      }),
      default: 'MESH_EXTERNAL',
      doc: 'MESH_INTERNAL endpoints have sidecars, so mutual TLS is used.',
    },
    resolution: {
      type: describedWords({
        NONE: 'Connections go where the client sent them.',
        STATIC: 'To the endpoints listed here.',
        DNS: 'To all addresses that DNS gives for the hosts or endpoints.',
        DNS_ROUND_ROBIN: 'To the first address that DNS gives, asked again as needed.',
        DYNAMIC_DNS: 'To what DNS gives for the host of each request; for wildcard hosts.',
      }),
      default: 'NONE',
      doc: 'How endpoints are found: NONE forwards to the address that was called.',
    },
    endpoints: described(list(workloadEntrySpec, { maxItems: 4096 }), 'Where the service runs.'),
    workloadSelector: described(labelsSelector, 'Pods and WorkloadEntries that are its endpoints; excludes endpoints.'),
    exportTo: described(exportTo, 'Namespaces that see this resource: "*", ".", "~" for nobody, or names.'),
    subjectAltNames: described(list(text()), 'Names one of which the certificate of the service must carry.'),
  },
  {
    cel: [
      {
        rule: '(has(self.workloadSelector) ? 1 : 0) + (has(self.endpoints) ? 1 : 0) <= 1',
        message: 'only one of WorkloadSelector or Endpoints can be set',
      },
      {
        rule: "!(has(self.addresses) && self.addresses.exists(address, address.contains('/')) && !((has(self.resolution) ? self.resolution : 'NONE') in ['STATIC', 'NONE']))",
        message: 'CIDR addresses are allowed only for NONE/STATIC resolution types',
      },
      {
        rule: "(has(self.resolution) ? self.resolution : 'NONE') == 'NONE' ? !has(self.endpoints) : true",
        message: 'NONE mode cannot set endpoints',
      },
      {
        rule: "((has(self.resolution) ? self.resolution : '') == 'DNS_ROUND_ROBIN') ? (!has(self.endpoints) || size(self.endpoints) <= 1) : true",
        message: 'DNS_ROUND_ROBIN mode cannot have multiple endpoints',
      },
      {
        rule: '!has(self.ports) || self.ports.all(l1, self.ports.exists_one(l2, l1.number == l2.number))',
        message: 'port number cannot be duplicated',
      },
      {
        rule: '!has(self.ports) || self.ports.all(port, port.number > 0 && port.number <= 65535 && (!has(port.targetPort) || (port.targetPort > 0 && port.targetPort <= 65535)))',
        message: 'port must be between 1-65535',
      },
      { rule: "self.hosts.all(host, host != '*')", message: 'hostname cannot be wildcard' },
    ],
    doc: 'A service outside the registry of the platform, such as an external API or a virtual machine.',
  },
)
