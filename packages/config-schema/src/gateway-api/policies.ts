/** gateway.networking.k8s.io ReferenceGrant and BackendTLSPolicy: who may refer to what, and how backends are verified. */
import { described, list, map, object, oneWord, required, shortText, text, type ObjectType } from '../model/field-type.js'
import { groupNameType, kindNameType, localObjectReference, namespaceNameType, objectName, preciseHostname, sectionName } from './shared.js'

export const referenceGrantSpec: ObjectType = object(
  'ReferenceGrantSpec',
  {
    from: required(
      list(
        object('ReferenceGrantFrom', {
          group: required(groupNameType),
          kind: required(kindNameType),
          namespace: required(namespaceNameType),
        }),
        { minItems: 1, maxItems: 16 },
      ),
      'Who may refer.',
    ),
    to: required(
      list(
        object('ReferenceGrantTo', {
          group: required(groupNameType),
          kind: required(kindNameType),
          name: described(objectName, 'Absent means all of this kind.'),
        }),
        { minItems: 1, maxItems: 16 },
      ),
      'What they may refer to.',
    ),
  },
  { doc: 'Lets objects of other namespaces refer to objects of this one.' },
)

const targetRef = object('LocalPolicyTargetReference', {
  group: required(groupNameType),
  kind: required(kindNameType),
  name: required(objectName),
  sectionName: described(sectionName, 'Name of one port of the Service.'),
})

const subjectAltName = object('SubjectAltName', {
  type: required(oneWord('Hostname', 'URI')),
  hostname: shortText(253, 'gateway-hostname'),
  uri: shortText(253),
})

const validation = object(
  'BackendTLSPolicyValidation',
  {
    caCertificateRefs: described(list(localObjectReference, { maxItems: 8 }), 'ConfigMaps with ca.crt.'),
    wellKnownCACertificates: described(shortText(253), 'System: the authorities of the operating system.'),
    hostname: required(preciseHostname, 'Server name to send, and name the certificate must carry.'),
    subjectAltNames: list(subjectAltName, { maxItems: 5 }),
  },
  {
    cel: [
      {
        rule: "(has(self.caCertificateRefs) && size(self.caCertificateRefs) > 0) != (has(self.wellKnownCACertificates) && self.wellKnownCACertificates != '')",
        message: 'must specify exactly one of caCertificateRefs and wellKnownCACertificates',
      },
    ],
  },
)

export const backendTlsPolicySpec: ObjectType = object(
  'BackendTLSPolicySpec',
  {
    targetRefs: required(list(targetRef, { minItems: 1, maxItems: 16 }), 'Services that are called with TLS.'),
    validation: required(validation),
    options: map(text(undefined, { maxLength: 4096 }), { maxEntries: 16 }),
  },
  { doc: 'How a gateway verifies the certificates of backends.' },
)
