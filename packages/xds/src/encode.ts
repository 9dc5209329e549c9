/**
 * ProxyConfig to xDS resources. The model holds what varies between proxies; what is the same everywhere in a mesh is added here, as Istio's
 * control plane writes it. Models are immutable, so one that was encoded before costs nothing: proxies that share a model share its bytes.
 */
import type { DescMessage } from '@bufbuild/protobuf'
import type { Cluster, ClusterLoadAssignment, Listener, ProxyConfig, RouteConfiguration } from '@heddle/routing'
import { encodeCluster as clusterJson } from './codec/cluster.js'
import { encodeLoadAssignment } from './codec/endpoint.js'
import { encodeListener as listenerJson } from './codec/listener.js'
import { encodeRouteConfiguration as routeConfigurationJson } from './codec/route.js'
import { ClusterSchema } from './gen/envoy/config/cluster/v3/cluster_pb.js'
import { ClusterLoadAssignmentSchema } from './gen/envoy/config/endpoint/v3/endpoint_pb.js'
import { ListenerSchema } from './gen/envoy/config/listener/v3/listener_pb.js'
import { RouteConfigurationSchema } from './gen/envoy/config/route/v3/route_pb.js'
import { writeMessage } from './message/message-writer.js'
import { createResource, type Profile, type XdsResource, type XdsResources } from './resource.js'
import { typeUrls } from './type-url.js'

/** Everything of one proxy. `profile` is `istio` unless told: a stock Envoy needs `envoy`. */
export function encode(config: ProxyConfig, profile: Profile = 'istio'): XdsResources {
  return {
    listeners: config.listeners.map((listener) => encodeListener(listener, profile)),
    routeConfigurations: config.routeConfigurations.map(encodeRouteConfiguration),
    clusters: config.clusters.map((cluster) => encodeCluster(cluster, profile)),
    endpoints: config.endpoints.map(encodeEndpoints),
  }
}

export function encodeListener(listener: Listener, profile: Profile = 'istio'): XdsResource {
  return remember(listener, profile, () => build(typeUrls.listener, ListenerSchema, listener.name, listenerJson(listener, profile)))
}

export function encodeCluster(cluster: Cluster, profile: Profile = 'istio'): XdsResource {
  return remember(cluster, profile, () => build(typeUrls.cluster, ClusterSchema, cluster.name, clusterJson(cluster, profile)))
}

export function encodeRouteConfiguration(config: RouteConfiguration): XdsResource {
  return remember(config, 'istio', () =>
    build(typeUrls.routeConfiguration, RouteConfigurationSchema, config.name, routeConfigurationJson(config)),
  )
}

export function encodeEndpoints(assignment: ClusterLoadAssignment): XdsResource {
  return remember(assignment, 'istio', () =>
    build(typeUrls.endpoint, ClusterLoadAssignmentSchema, assignment.clusterName, encodeLoadAssignment(assignment)),
  )
}

function build(typeUrl: string, schema: DescMessage, name: string, json: object): XdsResource {
  return createResource(typeUrl, name, writeMessage(schema, json))
}

const encoded: { readonly [K in Profile]: WeakMap<object, XdsResource> } = { istio: new WeakMap(), envoy: new WeakMap() }

function remember(model: object, profile: Profile, encodeNow: () => XdsResource): XdsResource {
  const known = encoded[profile].get(model)
  if (known !== undefined) return known
  const resource = encodeNow()
  encoded[profile].set(model, resource)
  return resource
}
