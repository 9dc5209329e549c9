/** networking.istio.io WorkloadEntry: one workload that is no Pod, such as a virtual machine; also an endpoint of a ServiceEntry. */
import { described, integer, map, object, text, uint32, type ObjectType } from '../model/field-type.js'

export const workloadEntrySpec: ObjectType = object(
  'WorkloadEntrySpec',
  {
    address: described(text(undefined, { maxLength: 256 }), 'IP address, host name, or unix:///PATH; may be absent when network is set.'),
    ports: described(map(integer(0, 4_294_967_295), { maxEntries: 128 }), "Port numbers by the name of the service's port."),
    labels: described(map(text('label-value'), { keys: 'label-key', maxEntries: 256 }), 'Labels that subsets and selectors match.'),
    network: described(text(undefined, { maxLength: 2048 }), 'Workloads of other networks are reached through their gateway.'),
    locality: described(text(undefined, { maxLength: 2048 }), 'REGION/ZONE/SUBZONE.'),
    weight: described(uint32, 'Share of the traffic among the endpoints.'),
    serviceAccount: described(text(undefined, { maxLength: 253 }), 'The account of the workload, in the same namespace.'),
  },
  {
    cel: [
      { rule: 'has(self.address) || has(self.network)', message: 'Address is required' },
      {
        rule: "(has(self.address) && self.address.startsWith('unix://')) ? (!has(self.ports) || size(self.ports) == 0) : true",
        message: 'UDS may not include ports',
      },
    ],
    doc: 'A workload that is no Pod.',
  },
)
