/** Types that several Istio kinds share: matching strings, destinations, header operations, ports, selectors. */
import {
  described,
  flag,
  integer,
  list,
  map,
  object,
  port,
  required,
  shortText,
  text,
  type Field,
  type ObjectType,
  type OneOf,
} from '../model/field-type.js'

const oneStringMatch = [{ fields: ['exact', 'prefix', 'regex'] }]

export const stringMatch: ObjectType = object(
  'StringMatch',
  {
    exact: described(text(), 'The whole value, exactly.'),
    prefix: described(text(), 'What the value begins with.'),
    regex: described(text('regex'), 'RE2 expression that the whole value must match.'),
  },
  { oneOf: oneStringMatch, doc: 'At most one of exact, prefix and regex; an empty match of a header asks only for its presence.' },
)

export const portSelector: ObjectType = object('PortSelector', { number: described(port, 'Port number of the service.') })

export const destination: ObjectType = object(
  'Destination',
  {
    host: required(text('wildcard-host'), 'Service name; a short name is looked up in the namespace of the rule.'),
    subset: described(text('dns-label'), "A subset named in the host's DestinationRule."),
    port: described(portSelector, 'Needed when the service has several ports.'),
  },
  { doc: 'A service, or a subset of it.' },
)

const headerOperations = object('HeaderOperations', {
  set: described(map(text()), 'Overwrites these headers.'),
  add: described(map(text()), 'Appends these values.'),
  remove: described(list(text()), 'Removes these headers.'),
})

export const headers: ObjectType = object('Headers', {
  request: described(headerOperations, 'Before the request is sent on.'),
  response: described(headerOperations, 'Before the response is returned.'),
})

export const workloadSelector: ObjectType = object('WorkloadSelector', {
  matchLabels: described(map(text('label-value'), { keys: 'label-key', maxEntries: 4096 }), 'Labels a Pod must have, all of them.'),
})

/** The port of a Gateway server. */
export const serverPort: ObjectType = object('ServerPort', {
  number: required(integer(0, 4_294_967_295)),
  protocol: required(text(), 'HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS, MONGO, REDIS or MYSQL.'),
  name: required(text()),
  targetPort: { type: integer(0, 4_294_967_295), deprecated: 'remove it; the Service of the gateway decides' },
})

export const exportTo = list(text())
export const optionalFlag = { type: flag, isNullable: true }

/** How networking kinds choose workloads: labels directly, without `matchLabels`. */
export const labelsSelector: ObjectType = object('NetworkingWorkloadSelector', {
  labels: described(
    map(text('label-value'), { keys: 'label-key', maxEntries: 256 }),
    'Labels a Pod or WorkloadEntry must have, all of them; absent selects the whole namespace.',
  ),
})

const targetReference = object(
  'PolicyTargetReference',
  {
    group: described(text(undefined, { maxLength: 253 }), 'gateway.networking.k8s.io, networking.istio.io, or empty for the core group.'),
    kind: required(shortText(63), 'Gateway, GatewayClass, Service or ServiceEntry.'),
    name: required(shortText(253)),
    namespace: described(text(), 'Must be empty: a policy is for its own namespace.'),
  },
  {
    cel: [
      { rule: "!has(self.namespace) || self.namespace == ''", message: 'cross namespace referencing is not supported' },
      {
        rule: "[has(self.group) ? self.group : '', self.kind] in [['core', 'Service'], ['', 'Service'], ['gateway.networking.k8s.io', 'Gateway'], ['gateway.networking.k8s.io', 'GatewayClass'], ['networking.istio.io', 'ServiceEntry']]",
        message: 'Support kinds are core/Service, networking.istio.io/ServiceEntry, gateway.networking.k8s.io/Gateway',
      },
    ],
    doc: 'What the policy is attached to: a Gateway, GatewayClass, Service or ServiceEntry of the same namespace.',
  },
)

/** Exactly none or one of the three. */
export const targetChoice: OneOf = { fields: ['selector', 'targetRef', 'targetRefs'] }

export const targets: Readonly<Record<'selector' | 'targetRef' | 'targetRefs', Field>> = {
  selector: described(workloadSelector, 'Absent means the whole namespace; in the root namespace, the whole mesh.'),
  targetRef: { type: targetReference, deprecated: 'targetRefs' },
  targetRefs: described(list(targetReference, { maxItems: 16 }), 'Gateways, classes of gateways or services the policy is attached to.'),
}
