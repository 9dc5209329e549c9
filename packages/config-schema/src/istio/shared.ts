/** Types that several Istio kinds share: matching strings, destinations, header operations, ports, selectors. */
import { described, flag, integer, list, map, object, port, required, text, type ObjectType } from '../model/field-type.js'

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
