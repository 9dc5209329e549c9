/** envoy.config.endpoint.v3.ClusterLoadAssignment. */
import type { ClusterLoadAssignment, LbEndpoint, LocalityLbEndpoints } from '@heddle/routing'
import type { LocalityJson } from '../gen/envoy/config/core/v3/core_pb.js'
import type {
  ClusterLoadAssignmentJson,
  EndpointJson,
  LbEndpointJson,
  LocalityLbEndpointsJson,
} from '../gen/envoy/config/endpoint/v3/endpoint_pb.js'
import { compact, list, unlessDefault } from '../message/json-object.js'
import { decodeAddress, decodeMetadata, encodeAddress, encodeMetadata } from './core.js'

export function encodeLoadAssignment(assignment: ClusterLoadAssignment): ClusterLoadAssignmentJson {
  return compact<ClusterLoadAssignmentJson>({
    clusterName: unlessDefault(assignment.clusterName),
    endpoints: list(assignment.localities, encodeLocality),
  })
}

export function decodeLoadAssignment(json: ClusterLoadAssignmentJson): ClusterLoadAssignment {
  return { clusterName: json.clusterName ?? '', localities: (json.endpoints ?? []).map(decodeLocality) }
}

function encodeLocality(locality: LocalityLbEndpoints): LocalityLbEndpointsJson {
  return compact<LocalityLbEndpointsJson>({
    locality: locality.locality === undefined ? undefined : compact<LocalityJson>(locality.locality),
    lbEndpoints: list(locality.endpoints, encodeEndpoint),
    loadBalancingWeight: locality.loadBalancingWeight,
    priority: unlessDefault(locality.priority),
  })
}

function decodeLocality(json: LocalityLbEndpointsJson): LocalityLbEndpoints {
  return compact<LocalityLbEndpoints>({
    locality: json.locality,
    endpoints: (json.lbEndpoints ?? []).map(decodeEndpoint),
    loadBalancingWeight: json.loadBalancingWeight,
    priority: json.priority,
  })
}

function encodeEndpoint(endpoint: LbEndpoint): LbEndpointJson {
  return compact<LbEndpointJson>({
    endpoint: compact<EndpointJson>({ address: encodeAddress(endpoint.address), hostname: unlessDefault(endpoint.hostname) }),
    healthStatus: endpoint.healthStatus,
    metadata: encodeMetadata(endpoint.metadata),
    loadBalancingWeight: endpoint.loadBalancingWeight,
  })
}

function decodeEndpoint(json: LbEndpointJson): LbEndpoint {
  return compact<LbEndpoint>({
    address: decodeAddress(json.endpoint?.address),
    hostname: json.endpoint?.hostname,
    healthStatus: json.healthStatus,
    loadBalancingWeight: json.loadBalancingWeight,
    metadata: decodeMetadata(json.metadata),
  })
}
