import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import { StructSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from 'vitest'
import { decodePeerMetadata, encodePeerMetadata } from '../../src/telemetry/peer-metadata.js'

const workload = {
  name: 'reviews-v1-abc',
  namespace: 'default',
  workloadName: 'reviews-v1',
  clusterId: 'Kubernetes',
  labels: { app: 'reviews', version: 'v1', 'pod-template-hash': 'abc' },
}
const principal = 'spiffe://cluster.local/ns/default/sa/reviews'

describe('peer metadata', () => {
  it('is a Struct under the keys of Istio, with the labels that metrics show', () => {
    const struct = toJson(StructSchema, fromBinary(StructSchema, Buffer.from(encodePeerMetadata(workload), 'base64')))
    expect(struct).toEqual({
      NAME: 'reviews-v1-abc',
      NAMESPACE: 'default',
      WORKLOAD_NAME: 'reviews-v1',
      CLUSTER_ID: 'Kubernetes',
      LABELS: {
        app: 'reviews',
        version: 'v1',
        'service.istio.io/canonical-name': 'reviews',
        'service.istio.io/canonical-revision': 'v1',
      },
    })
  })

  it('comes back as the peer it describes', () => {
    expect(decodePeerMetadata(encodePeerMetadata(workload), principal)).toEqual({
      workload: 'reviews-v1',
      namespace: 'default',
      app: 'reviews',
      version: 'v1',
      canonicalService: 'reviews',
      canonicalRevision: 'v1',
      cluster: 'Kubernetes',
      principal,
    })
  })

  it("is read as Istio's own proxies write it, other fields included", () => {
    const json = {
      ANNOTATIONS: { x: 'y' },
      OWNER: 'kubernetes://apis/apps/v1/namespaces/default/deployments/sleep',
      NAME: 'sleep-1',
      NAMESPACE: 'default',
      WORKLOAD_NAME: 'sleep',
      CLUSTER_ID: 'Kubernetes',
      MESH_ID: 'cluster.local',
      APP_CONTAINERS: ['a'],
      LABELS: { app: 'sleep', 'service.istio.io/canonical-name': 'sleep' },
    }
    const header = Buffer.from(toBinary(StructSchema, fromJson(StructSchema, json))).toString('base64')
    expect(decodePeerMetadata(header, principal)).toMatchObject({ workload: 'sleep', app: 'sleep', version: 'unknown' })
  })

  it.each([
    ['nothing', ''],
    ['no base64', '!!!'],
    ['no Struct', Buffer.from('hello').toString('base64')],
    ['no workload', Buffer.from(toBinary(StructSchema, fromJson(StructSchema, { NAME: 'a' }))).toString('base64')],
    ['too long', 'A'.repeat(20_000)],
  ])('is undefined for a header with %s', (_, header) => {
    expect(decodePeerMetadata(header, principal)).toBeUndefined()
  })

  it('lets no peer write long label values into the metrics', () => {
    const long = encodePeerMetadata({ ...workload, labels: { app: 'x'.repeat(300), version: 'v1' } })
    expect(decodePeerMetadata(long, principal)).toMatchObject({ app: 'unknown', canonicalService: 'reviews-v1' })
  })
})
