/** gateway.networking.k8s.io GRPCRoute: how gRPC calls are matched, changed and forwarded. */
import { described, list, object, oneWord, required, text, type Field, type ObjectType } from '../model/field-type.js'
import { headerFilter, headerMatch, requestMirrorFilter, sessionPersistence } from './http-route.js'
import { filteredBackend, hostnames, localObjectReference, parentRefs, sectionName, useDefaultGateways } from './shared.js'

const methodMatch = object(
  'GRPCMethodMatch',
  {
    type: { type: oneWord('Exact', 'RegularExpression'), default: 'Exact' },
    service: described(text(undefined, { maxLength: 1024 }), 'Full name of the service, such as helloworld.Greeter.'),
    method: text(undefined, { maxLength: 1024 }),
  },
  {
    cel: [
      {
        rule: 'has(self.type) ? has(self.service) || has(self.method) : true',
        message: "One or both of 'service' or 'method' must be specified",
      },
    ],
  },
)

const filter = object('GRPCRouteFilter', {
  type: required(
    oneWord('ResponseHeaderModifier', 'RequestHeaderModifier', 'RequestMirror', 'ExtensionRef'),
    'Which one of the fields below is set.',
  ),
  requestHeaderModifier: headerFilter,
  responseHeaderModifier: headerFilter,
  requestMirror: requestMirrorFilter,
  extensionRef: localObjectReference,
})

const filters: Field = described(list(filter, { maxItems: 16 }), 'What is done to calls and answers on the way.')

const rule = object('GRPCRouteRule', {
  name: sectionName,
  matches: described(
    list(object('GRPCRouteMatch', { method: methodMatch, headers: list(headerMatch, { maxItems: 16 }) }), { maxItems: 64 }),
    'Absent matches every call.',
  ),
  filters,
  backendRefs: list(filteredBackend('GRPCBackendRef', filters), { maxItems: 16 }),
  sessionPersistence: described(sessionPersistence, 'Experimental channel.'),
})

export const grpcRouteSpec: ObjectType = object(
  'GRPCRouteSpec',
  { parentRefs, useDefaultGateways, hostnames, rules: list(rule, { maxItems: 16 }) },
  { doc: 'How gRPC calls are matched, changed and forwarded.' },
)
