/** Types that several kinds of the Gateway API share: references to gateways, backends, secrets and policies. */
import {
  described,
  integer,
  list,
  map,
  object,
  oneWord,
  port,
  required,
  shortText,
  text,
  type Field,
  type ObjectType,
} from '../model/field-type.js'

export const gatewayGroup = 'gateway.networking.k8s.io'

export const objectName = shortText(253)
const groupName = text('group-name', { maxLength: 253 })
const kindName = shortText(63, 'kind-name')
const namespaceName = shortText(63, 'namespace-name')
export const sectionName = shortText(253, 'section-name')
export const headerName = shortText(256, 'header-name')
export const hostname = shortText(253, 'gateway-hostname')
export const preciseHostname = shortText(253, 'precise-hostname')

export const parentReference: ObjectType = object(
  'ParentReference',
  {
    group: { type: groupName, default: gatewayGroup },
    kind: { type: kindName, default: 'Gateway', doc: 'Gateway or ListenerSet; Service (core group) for routes of the mesh.' },
    namespace: described(namespaceName, 'Absent means the namespace of the route.'),
    name: required(objectName),
    sectionName: described(sectionName, 'Name of one listener; absent means all.'),
    port: described(port, 'Port of the listeners, or of the Service.'),
  },
  { doc: 'What a route is attached to.' },
)

/** Fields of a reference to a backend, to which each kind of route adds its own filters. */
export const backendFields: Readonly<Record<string, Field>> = {
  group: { type: groupName, default: '' },
  kind: { type: kindName, default: 'Service' },
  name: required(objectName),
  namespace: described(namespaceName, 'Another namespace needs a ReferenceGrant there.'),
  port: described(port, 'Port of the Service, not of its Pods.'),
  weight: { type: integer(0, 1_000_000), default: 1, doc: 'Share of the requests; 0 gets none.' },
}

const portForService = {
  rule: "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
  message: 'Must have port for Service reference',
}

export const backendObjectReference: ObjectType = object(
  'BackendObjectReference',
  Object.fromEntries(Object.entries(backendFields).filter(([name]) => name !== 'weight')),
  { cel: [portForService] },
)

export const backendRef: ObjectType = object('BackendRef', backendFields, { cel: [portForService], doc: 'Where requests go.' })

/** A reference with the filters of one kind of route. */
export function filteredBackend(name: string, filters: Field): ObjectType {
  return object(name, { ...backendFields, filters }, { cel: [portForService], doc: 'Where requests go.' })
}

export const secretReference: ObjectType = object('SecretObjectReference', {
  group: { type: groupName, default: '' },
  kind: { type: kindName, default: 'Secret' },
  name: required(objectName),
  namespace: described(namespaceName, 'Another namespace needs a ReferenceGrant there.'),
})

export const localObjectReference: ObjectType = object('LocalGatewayObjectReference', {
  group: required(groupName),
  kind: required(kindName),
  name: required(objectName),
})

export const objectReference: ObjectType = object('GatewayObjectReference', {
  group: required(groupName),
  kind: required(kindName),
  name: required(objectName),
  namespace: namespaceName,
})

export const parametersReference: ObjectType = object('ParametersReference', {
  group: required(groupName),
  kind: required(kindName),
  name: required(objectName),
  namespace: namespaceName,
})

const requirement = object('GatewayLabelSelectorRequirement', {
  key: required(text('label-key')),
  operator: required(oneWord('In', 'NotIn', 'Exists', 'DoesNotExist')),
  values: list(text()),
})

export const labelSelector: ObjectType = object('GatewayLabelSelector', {
  matchLabels: map(text('label-value'), { keys: 'label-key' }),
  matchExpressions: list(requirement),
})

/** Where a route is attached: of every kind of route. */
export const parentRefs: Field = described(
  list(parentReference, { maxItems: 32 }),
  'Gateways, listeners or Services the route is attached to.',
)

export const useDefaultGateways: Field = { type: oneWord('All', 'None'), doc: 'Whether default gateways take the route, too.' }
export const hostnames: Field = described(
  list(hostname, { maxItems: 16 }),
  'Host names of requests; *.example.com stands for any names before it. Absent means those of the listener.',
)

export const groupNameType = groupName
export const kindNameType = kindName
export const namespaceNameType = namespaceName
