import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from 'vitest'
import { decodeDeltaRequest, decodeDeltaResponse, encodeDeltaRequest, encodeDeltaResponse } from '../../src/service/discovery.js'
import { encodeEndpoints } from '../../src/encode.js'
import { ClusterLoadAssignmentSchema } from '../../src/gen/envoy/config/endpoint/v3/endpoint_pb.js'
import { DeltaDiscoveryResponseSchema, ResourceSchema } from '../../src/gen/envoy/service/discovery/v3/discovery_pb.js'
import { typeUrls } from '../../src/type-url.js'

const resources = ['outbound|80||a.default.svc.cluster.local', 'outbound|80||b.default.svc.cluster.local'].map((clusterName) =>
  encodeEndpoints({ clusterName, localities: [{ endpoints: [{ address: { address: '10.0.0.1', port: 8080 } }] }] }),
)

describe('delta discovery', () => {
  it('writes a response that the generated code reads as the same message', () => {
    const bytes = encodeDeltaResponse({ typeUrl: typeUrls.endpoint, nonce: '7', systemVersion: 'v1', resources, removed: ['gone'] })
    const expected = create(DeltaDiscoveryResponseSchema, {
      systemVersionInfo: 'v1',
      typeUrl: typeUrls.endpoint,
      nonce: '7',
      removedResources: ['gone'],
      resources: resources.map(({ name, version, bytes: content }) =>
        create(ResourceSchema, {
          name,
          version,
          resource: anyPack(ClusterLoadAssignmentSchema, fromBinary(ClusterLoadAssignmentSchema, content)),
        }),
      ),
    })
    expect(fromBinary(DeltaDiscoveryResponseSchema, new Uint8Array(bytes))).toEqual(expected)
    expect(bytes.length).toBe(toBinary(DeltaDiscoveryResponseSchema, expected).length)
  })

  it('reads back what it wrote', () => {
    const response = { typeUrl: typeUrls.endpoint, nonce: '7', resources, removed: ['gone'] }
    const decoded = decodeDeltaResponse(encodeDeltaResponse(response))
    expect({
      ...decoded,
      resources: decoded.resources.map((resource) => ({ ...resource, bytes: new Uint8Array(resource.bytes) })),
    }).toEqual({
      ...response,
      resources: resources.map((resource) => ({ ...resource, bytes: new Uint8Array(resource.bytes) })),
    })
  })

  it('carries the node, subscriptions, known versions and a refusal', () => {
    const request = {
      node: {
        id: 'sidecar~10.0.0.1~app.default~default.svc.cluster.local',
        cluster: 'app.default',
        metadata: { NAMESPACE: 'default', LABELS: { app: 'app' }, PORTS: [1, 2], ON: true },
        locality: { region: 'r', zone: 'z' },
        userAgentName: 'heddle',
        userAgentVersion: '1',
      },
      typeUrl: typeUrls.cluster,
      subscribe: ['*'],
      unsubscribe: ['x'],
      initialVersions: { y: 'abc' },
      responseNonce: '3',
      errorMessage: 'y: no',
    }
    expect(decodeDeltaRequest(encodeDeltaRequest(request))).toEqual(request)
  })

  it('leaves out of an ACK what it does not say', () => {
    const request = { typeUrl: typeUrls.cluster, subscribe: [], unsubscribe: [], initialVersions: {}, responseNonce: '3' }
    expect(decodeDeltaRequest(encodeDeltaRequest(request))).toEqual(request)
  })

  it('refuses bytes that are no message', () => {
    expect(() => decodeDeltaRequest(new Uint8Array([0xff, 0xff]))).toThrow()
  })
})
