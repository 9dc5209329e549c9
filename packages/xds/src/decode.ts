/**
 * xDS resources to the model. A resource decodes alone, since a proxy refuses (NACKs) single ones: `errors` say why it must not be used, and what
 * the model cannot hold is named in `unsupported`, found by encoding the result again and comparing.
 */
import type { DescMessage, JsonObject } from '@bufbuild/protobuf'
import { messageOf } from '@heddle/base'
import type { Cluster, ClusterLoadAssignment, Listener, ProxyConfig, RouteConfiguration } from '@heddle/routing'
import { decodeCluster as readCluster, encodeCluster as clusterJson } from './codec/cluster.js'
import { decodeLoadAssignment, encodeLoadAssignment } from './codec/endpoint.js'
import { decodeListener as readListener, encodeListener as listenerJson } from './codec/listener.js'
import { decodeRouteConfiguration as readRouteConfiguration, encodeRouteConfiguration as routeJson } from './codec/route.js'
import { createDecoding, type Decoding, type IssueLevel } from './decoding.js'
import { findDifferences, levelAt } from './difference.js'
import { ClusterSchema } from './gen/envoy/config/cluster/v3/cluster_pb.js'
import { ClusterLoadAssignmentSchema } from './gen/envoy/config/endpoint/v3/endpoint_pb.js'
import { ListenerSchema } from './gen/envoy/config/listener/v3/listener_pb.js'
import { RouteConfigurationSchema } from './gen/envoy/config/route/v3/route_pb.js'
import { readMessage, type UnknownField } from './message/message-reader.js'
import type { XdsResource, XdsResources } from './resource.js'

/** Something about one resource that does not decode as it should. */
export interface DecodeIssue {
  /** The resource's name. */
  readonly resource: string
  /** Where, in the canonical JSON form; empty for the resource as a whole. */
  readonly path: string
  readonly message: string
  /** `error`: without it traffic would be let through or misdirected, so the resource should be refused. `warning`: it works without it. */
  readonly level: IssueLevel
}

export interface Decoded<T> {
  /** Absent when the bytes cannot be read. */
  readonly value?: T
  /** Faults of the resource itself. */
  readonly errors: readonly DecodeIssue[]
  /** Parts that this data plane does not have. */
  readonly unsupported: readonly DecodeIssue[]
}

export interface DecodedConfig {
  readonly config: ProxyConfig
  readonly errors: readonly DecodeIssue[]
  readonly unsupported: readonly DecodeIssue[]
}

type EncodedResource = Pick<XdsResource, 'name' | 'bytes'>

/** Never throws; resources whose bytes cannot be read are missing from `config` and named in `errors`. */
export function decode(resources: XdsResources): DecodedConfig {
  const listeners = resources.listeners.map(decodeListener)
  const routeConfigurations = resources.routeConfigurations.map(decodeRouteConfiguration)
  const clusters = resources.clusters.map(decodeCluster)
  const endpoints = resources.endpoints.map(decodeEndpoints)
  const all: Decoded<unknown>[] = [...listeners, ...routeConfigurations, ...clusters, ...endpoints]
  return {
    config: {
      listeners: valuesOf(listeners),
      routeConfigurations: valuesOf(routeConfigurations),
      clusters: valuesOf(clusters),
      endpoints: valuesOf(endpoints),
    },
    errors: all.flatMap(({ errors }) => errors),
    unsupported: all.flatMap(({ unsupported }) => unsupported),
  }
}

export function decodeListener(resource: EncodedResource): Decoded<Listener> {
  return decodeWith(resource, ListenerSchema, readListener, (listener) => listenerJson(listener, 'istio'))
}

export function decodeRouteConfiguration(resource: EncodedResource): Decoded<RouteConfiguration> {
  return decodeWith(resource, RouteConfigurationSchema, readRouteConfiguration, routeJson)
}

export function decodeCluster(resource: EncodedResource): Decoded<Cluster> {
  return decodeWith(resource, ClusterSchema, readCluster, (cluster) => clusterJson(cluster, 'istio'))
}

export function decodeEndpoints(resource: EncodedResource): Decoded<ClusterLoadAssignment> {
  return decodeWith(resource, ClusterLoadAssignmentSchema, decodeLoadAssignment, encodeLoadAssignment)
}

function decodeWith<T>(
  resource: EncodedResource,
  schema: DescMessage,
  read: (json: JsonObject, decoding: Decoding) => T,
  write: (model: T) => object,
): Decoded<T> {
  const issue = (path: string, message: string, level: IssueLevel): DecodeIssue => ({ resource: resource.name, path, message, level })
  try {
    const { json, unknownFields } = readMessage(schema, resource.bytes)
    const decoding = createDecoding()
    const value = read(json, decoding)
    const differences = findDifferences(json, write(value) as JsonObject, decoding)
    return {
      value,
      errors: [],
      unsupported: [
        ...unknownFields.map((field) =>
          issue(field.path, `field ${field.fieldNumber} of ${field.message} is not supported`, levelOf(field)),
        ),
        ...differences.map(({ path, message, level }) => issue(path, message, level)),
      ],
    }
  } catch (error) {
    return { errors: [issue('', `is not a ${schema.typeName}: ${messageOf(error)}`, 'error')], unsupported: [] }
  }
}

/** Fields that replace what this data plane knows: without them the message says something else. */
const decisiveFields: ReadonlySet<string> = new Set([
  'envoy.config.cluster.v3.Cluster:38', // cluster_type
  'envoy.config.listener.v3.FilterChain:4', // use_proxy_proto
  'envoy.config.listener.v3.Listener:32', // filter_chain_matcher
  'envoy.config.route.v3.VirtualHost:21', // matcher
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager:31', // scoped_routes
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy:12', // tunneling_config
])

function levelOf({ path, message, fieldNumber }: UnknownField): IssueLevel {
  return decisiveFields.has(`${message}:${fieldNumber}`) ? 'error' : levelAt(path)
}

function valuesOf<T>(decoded: readonly Decoded<T>[]): T[] {
  return decoded.flatMap(({ value }) => (value === undefined ? [] : [value]))
}
