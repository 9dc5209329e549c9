/** security.istio.io PeerAuthentication: which mutual TLS a workload demands of its peers. One schema for all served versions. */
import { described, describedWords, map, object, type ObjectType } from '../model/field-type.js'
import { workloadSelector } from './shared.js'

const mutualTls = object('MutualTLS', {
  mode: {
    type: describedWords({
      UNSET: 'As the level above says: workload, namespace, mesh.',
      DISABLE: 'Only plain text is taken.',
      PERMISSIVE: 'Plain text and mutual TLS are taken.',
      STRICT: 'Only mutual TLS is taken.',
    }),
    doc: 'UNSET inherits from the namespace, then from the mesh.',
  },
})

export const peerAuthenticationSpec: ObjectType = object(
  'PeerAuthenticationSpec',
  {
    selector: described(workloadSelector, 'Absent means the whole namespace; in the root namespace, the whole mesh.'),
    mtls: mutualTls,
    portLevelMtls: described(map(mutualTls, { keys: 'port-number', minEntries: 1 }), 'Keys are ports of the workload, not of the Service.'),
  },
  {
    cel: [
      {
        rule: '(has(self.selector) && has(self.selector.matchLabels) && size(self.selector.matchLabels) > 0) || !has(self.portLevelMtls)',
        message: 'portLevelMtls requires selector',
      },
      {
        rule: '!has(self.portLevelMtls) || self.portLevelMtls.all(key, 0 < int(key) && int(key) <= 65535)',
        message: 'port must be between 1-65535',
      },
    ],
    doc: 'Which mutual TLS a workload demands of its peers.',
  },
)
