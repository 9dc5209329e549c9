/** networking.istio.io EnvoyFilter: patches of generated proxy configuration. Only its structure is known here; patches are opaque. */
import { anything, described, int32, list, map, object, oneWord, text, uint32, type ObjectType } from '../model/field-type.js'
import { labelsSelector, targets } from './shared.js'

const applyTo = oneWord(
  'INVALID',
  'LISTENER',
  'FILTER_CHAIN',
  'NETWORK_FILTER',
  'HTTP_FILTER',
  'ROUTE_CONFIGURATION',
  'VIRTUAL_HOST',
  'HTTP_ROUTE',
  'CLUSTER',
  'EXTENSION_CONFIG',
  'BOOTSTRAP',
  'LISTENER_FILTER',
)

const filterMatch = object('EnvoyFilterFilterMatch', {
  name: described(text(), 'Name of a network filter.'),
  subFilter: object('EnvoyFilterSubFilterMatch', { name: text() }, { doc: 'A filter inside the HTTP connection manager.' }),
})

const listenerMatch = object('EnvoyFilterListenerMatch', {
  portNumber: uint32,
  portName: { type: text(), deprecated: 'portNumber' },
  name: text(),
  listenerFilter: text(),
  filterChain: object('EnvoyFilterFilterChainMatch', {
    name: text(),
    sni: text(),
    transportProtocol: text(),
    applicationProtocols: described(text(), 'ALPN names, separated by commas.'),
    destinationPort: uint32,
    transportSocket: object('EnvoyFilterTransportSocketMatch', { name: text() }),
    filter: filterMatch,
  }),
})

const routeConfigurationMatch = object('EnvoyFilterRouteConfigurationMatch', {
  portNumber: uint32,
  portName: text(),
  gateway: described(text(), 'NAMESPACE/NAME of a Gateway.'),
  name: text(),
  vhost: object('EnvoyFilterVirtualHostMatch', {
    name: text(),
    domainName: text(),
    route: object('EnvoyFilterRouteMatch', { name: text(), action: oneWord('ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE') }),
  }),
})

const waypointMatch = object('EnvoyFilterWaypointMatch', {
  portNumber: uint32,
  filter: filterMatch,
  route: object('EnvoyFilterWaypointRouteMatch', { name: text() }),
})

const objectMatch = object(
  'EnvoyConfigObjectMatch',
  {
    context: {
      type: oneWord('ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT'),
      default: 'ANY',
      doc: 'Which configurations are patched.',
    },
    proxy: object('EnvoyFilterProxyMatch', {
      proxyVersion: described(text('regex-unbounded'), 'RE2 expression that the version of the proxy must match.'),
      metadata: map(text()),
    }),
    listener: listenerMatch,
    routeConfiguration: routeConfigurationMatch,
    cluster: object('EnvoyFilterClusterMatch', { portNumber: uint32, service: text(), subset: text(), name: text() }),
    waypoint: waypointMatch,
  },
  {
    oneOf: [{ fields: ['listener', 'routeConfiguration', 'cluster', 'waypoint'] }],
    cel: [
      {
        rule: "((has(self.context) ? self.context : '') == 'WAYPOINT') ? !(has(self.listener) || has(self.cluster) || has(self.routeConfiguration)) : !has(self.waypoint)",
        message: 'only support waypointMatch when context is WAYPOINT',
      },
    ],
  },
)

const patch = object('EnvoyFilterPatch', {
  operation: described(
    oneWord('INVALID', 'MERGE', 'ADD', 'REMOVE', 'INSERT_BEFORE', 'INSERT_AFTER', 'INSERT_FIRST', 'REPLACE', 'MERGE_AND_REPLACE_LIST'),
    'What to do with the matched object.',
  ),
  value: described(anything, "Envoy's own configuration, as JSON."),
  filterClass: oneWord('UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'),
})

export const envoyFilterSpec: ObjectType = object(
  'EnvoyFilterSpec',
  {
    workloadSelector: described(labelsSelector, 'Absent means the whole namespace.'),
    targetRefs: targets.targetRefs,
    configPatches: list(
      object('EnvoyConfigObjectPatch', { applyTo: described(applyTo, 'Kind of object that is patched.'), match: objectMatch, patch }),
    ),
    priority: described(int32, 'Order among filters: lower comes first; the root namespace comes before others.'),
  },
  {
    oneOf: [{ fields: ['workloadSelector', 'targetRefs'] }],
    doc: 'Patches of the configuration that proxies get; an internal interface that may break with any update.',
  },
)
