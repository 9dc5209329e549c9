/** gateway.networking.k8s.io GatewayClass, Gateway and ListenerSet: where traffic enters, and under which names and certificates. */
import {
  described,
  describedWords,
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
import {
  gatewayGroup,
  groupNameType,
  hostname,
  kindNameType,
  labelSelector,
  localObjectReference,
  namespaceNameType,
  objectName,
  objectReference,
  parametersReference,
  secretReference,
  sectionName,
} from './shared.js'

export const gatewayClassSpec: ObjectType = object(
  'GatewayClassSpec',
  {
    controllerName: required(shortText(253, 'controller-name'), 'DOMAIN/PATH of the controller, such as istio.io/gateway-controller.'),
    parametersRef: parametersReference,
    description: text(undefined, { maxLength: 64 }),
  },
  { doc: 'A sort of gateway, and the controller that makes gateways of this sort.' },
)

const options: Field = described(map(text(undefined, { maxLength: 4096 }), { maxEntries: 16 }), 'Settings of one implementation.')

const listenerTls = object(
  'ListenerTLSConfig',
  {
    mode: {
      type: describedWords({
        Terminate: 'The gateway ends TLS with its certificate.',
        Passthrough: 'The server behind it ends TLS; the server name chooses the route.',
      }),
      default: 'Terminate',
    },
    certificateRefs: described(list(secretReference, { maxItems: 64 }), 'Secrets with tls.crt and tls.key.'),
    options,
  },
  {
    cel: [
      {
        rule: "self.mode == 'Terminate' ? size(self.certificateRefs) > 0 || size(self.options) > 0 : true",
        message: 'certificateRefs or options must be specified when mode is Terminate',
      },
    ],
  },
)

const routeGroupKind = object('RouteGroupKind', { group: { type: groupNameType, default: gatewayGroup }, kind: required(kindNameType) })

const allowedRoutes = object(
  'AllowedRoutes',
  {
    namespaces: object('RouteNamespaces', {
      from: { type: oneWord('All', 'Selector', 'Same', 'None'), default: 'Same' },
      selector: described(labelSelector, 'Labels of namespaces; with from: Selector only.'),
    }),
    kinds: list(routeGroupKind, { maxItems: 8 }),
  },
  { doc: 'Which routes may be attached.' },
)

const listenerFields: Readonly<Record<string, Field>> = {
  name: required(sectionName, 'Unique in the Gateway; routes refer to it as sectionName.'),
  hostname: described(hostname, 'Absent serves every name.'),
  port: required(port),
  protocol: required(shortText(255, 'listener-protocol'), 'HTTP, HTTPS, TLS, TCP, UDP, or DOMAIN/NAME of an implementation.'),
  tls: { type: listenerTls },
  allowedRoutes: { type: allowedRoutes },
}

const listener = object('Listener', listenerFields, { doc: 'One port, and what is served on it.' })

const listenerRules = [
  {
    rule: "self.listeners.all(l, l.protocol in ['HTTP', 'TCP', 'UDP'] ? !has(l.tls) : true)",
    message: "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
  },
  {
    rule: "self.listeners.all(l, (l.protocol == 'HTTPS' && has(l.tls)) ? (l.tls.mode == '' || l.tls.mode == 'Terminate') : true)",
    message: 'tls mode must be Terminate for protocol HTTPS',
  },
  {
    rule: "self.listeners.all(l, l.protocol in ['TCP', 'UDP'] ? (!has(l.hostname) || l.hostname == '') : true)",
    message: "hostname must not be specified for protocols ['TCP', 'UDP']",
  },
  { rule: 'self.listeners.all(l1, self.listeners.exists_one(l2, l1.name == l2.name))', message: 'Listener name must be unique' },
]

const address = object('GatewayAddress', {
  type: { type: shortText(253), default: 'IPAddress', doc: 'IPAddress, Hostname, or DOMAIN/NAME.' },
  value: text(undefined, { maxLength: 253 }),
})

const infrastructure = object('GatewayInfrastructure', {
  labels: described(map(text('label-value'), { keys: 'label-key', maxEntries: 8 }), 'Labels of what is made for the Gateway.'),
  annotations: map(text(), { keys: 'label-key', maxEntries: 8 }),
  parametersRef: localObjectReference,
})

const namespaces = object('ListenerNamespaces', {
  from: { type: oneWord('All', 'Selector', 'Same', 'None'), default: 'None' },
  selector: labelSelector,
})

const frontendValidation = object('FrontendTLSValidation', {
  caCertificateRefs: required(list(objectReference, { minItems: 1, maxItems: 8 }), 'Authorities of client certificates.'),
  mode: { type: oneWord('AllowValidOnly', 'AllowInsecureFallback'), default: 'AllowValidOnly' },
})

const frontendTls = object('FrontendTLSConfig', {
  default: required(object('TLSFrontendConfig', { validation: frontendValidation })),
  perPort: list(
    object('TLSPortConfig', { port: required(port), tls: required(object('TLSPortFrontendConfig', { validation: frontendValidation })) }),
    {
      maxItems: 64,
    },
  ),
})

const gatewayTls = object('GatewayTLSConfig', {
  backend: object('GatewayBackendTLS', { clientCertificateRef: described(secretReference, 'What the gateway shows to backends.') }),
  frontend: frontendTls,
})

export const gatewaySpec: ObjectType = object(
  'GatewaySpec',
  {
    gatewayClassName: required(objectName),
    listeners: required(list(listener, { minItems: 1, maxItems: 64 })),
    addresses: list(address, { maxItems: 16 }),
    infrastructure,
    allowedListeners: object('AllowedListeners', { namespaces }, { doc: 'Which ListenerSets may be attached.' }),
    tls: gatewayTls,
    defaultScope: oneWord('All', 'None'),
  },
  { cel: listenerRules, doc: 'Where traffic enters, and under which names and certificates.' },
)

const parentGateway = object('ParentGatewayReference', {
  group: { type: groupNameType, default: gatewayGroup },
  kind: { type: kindNameType, default: 'Gateway' },
  name: required(objectName),
  namespace: namespaceNameType,
})

const entry = object('ListenerEntry', {
  ...listenerFields,
  port: required(integer(0, 65_535), '0 leaves the choice to the implementation.'),
})

export const listenerSetSpec: ObjectType = object(
  'ListenerSetSpec',
  { parentRef: required(parentGateway), listeners: required(list(entry, { minItems: 1, maxItems: 64 })) },
  { cel: listenerRules, doc: 'Listeners that are added to a Gateway.' },
)
