import { describe, expect, it } from 'vitest'
import type { ClusterLoadAssignment } from '@heddle/routing'
import type { DestinationRule, KubernetesNode, MeshSnapshotInput } from '../../src/index.js'
import { nameTable, createMeshSnapshot } from '../../src/index.js'
import { destinationRule, nodeOf, peerAuthentication, pod, service, slice, translateFor } from '../mesh.js'

const hello = service('hello')
const client = pod('client-1', '10.1.0.9', { node: 'near' })

function node(name: string, region: string, zone: string): KubernetesNode {
  return { metadata: { name, labels: { 'topology.kubernetes.io/region': region, 'topology.kubernetes.io/zone': zone } } }
}

function endpoints(input: MeshSnapshotInput): ClusterLoadAssignment | undefined {
  return translateFor(client, { services: [hello], ...input }).config.endpoints.find((entry) =>
    entry.clusterName.startsWith('outbound|80||hello'),
  )
}

describe('endpoints', () => {
  it('that are not ready are unhealthy, and those that are leaving are gone', () => {
    const [a, b, c] = [pod('hello-a', '10.1.0.10'), pod('hello-b', '10.1.0.11'), pod('hello-c', '10.1.0.12')]
    const members = [
      { pod: a },
      { pod: b, conditions: { ready: false, serving: false, terminating: false } },
      { pod: c, conditions: { ready: false, serving: true, terminating: true } },
    ]
    const found = endpoints({ pods: [a, b, c], endpointSlices: [slice(hello, { http: 8080 }, members)] })
    expect(found?.localities[0]?.endpoints.map((endpoint) => [endpoint.address.address, endpoint.healthStatus])).toEqual([
      ['10.1.0.10', 'HEALTHY'],
      ['10.1.0.11', 'UNHEALTHY'],
    ])
  })

  it('are called in plaintext without a sidecar, or where the workload’s policy says DISABLE', () => {
    const [a, b] = [pod('hello-a', '10.1.0.10'), pod('hello-b', '10.1.0.11', { sidecar: false })]
    const input = { pods: [a, b], endpointSlices: [slice(hello, { http: 20_001 }, [a, b])] }
    const modes = (found: ClusterLoadAssignment | undefined): readonly boolean[] =>
      (found?.localities[0]?.endpoints ?? []).map((endpoint) => endpoint.metadata?.['envoy.transport_socket_match'] !== undefined)
    expect(modes(endpoints(input))).toEqual([true, false])
    const port = peerAuthentication('hello', { selector: { matchLabels: { app: 'hello' } }, portLevelMtls: { 8080: { mode: 'DISABLE' } } })
    expect(modes(endpoints({ ...input, peerAuthentications: [port] }))).toEqual([false, false])
  })
})

describe('localities', () => {
  const nodes = [node('near', 'eu', 'a'), node('zone', 'eu', 'b'), node('far', 'us', 'x'), node('farther', 'asia', 'y')]
  const pods = ['near', 'zone', 'far', 'farther'].map((name, index) => pod(`hello-${name}`, `10.1.0.1${index}`, { node: name }))
  const input = { nodes, pods, endpointSlices: [slice(hello, { http: 8080 }, pods)] }
  const rule = (loadBalancer: object): DestinationRule =>
    destinationRule('hello', { host: 'hello', trafficPolicy: { loadBalancer, outlierDetection: { consecutive5xxErrors: 1 } } })

  it('have priorities by distance once outlier detection can tell that the near ones are down', () => {
    expect(endpoints(input)?.localities.map((entry) => entry.priority)).toEqual([undefined, undefined, undefined, undefined])
    const found = endpoints({ ...input, destinationRules: [rule({ localityLbSetting: { failover: [{ from: 'eu', to: 'us' }] } })] })
    expect(found?.localities.map((entry) => [entry.locality?.region, entry.locality?.zone, entry.priority ?? 0])).toEqual([
      ['asia', 'y', 3],
      ['eu', 'a', 0],
      ['eu', 'b', 1],
      ['us', 'x', 2],
    ])
  })

  it('get the shares that the rule distributes, and nothing where it names none', () => {
    const distribute = [{ from: 'eu/a/*', to: { 'eu/*': 70, us: 30 } }]
    const found = endpoints({ ...input, destinationRules: [rule({ localityLbSetting: { distribute } })] })
    expect(found?.localities.map((entry) => [entry.locality?.region, entry.loadBalancingWeight])).toEqual([
      ['eu', 35],
      ['eu', 35],
      ['us', 30],
    ])
  })
})

it('the name table has virtual addresses, and for headless services those of ready endpoints and their host names', () => {
  const db = service('db', { address: 'None' })
  const pods = [pod('db-0', '10.1.0.20'), pod('db-1', '10.1.0.21')]
  const members = [
    { pod: pods[0] ?? client, hostname: 'db-0' },
    { pod: pods[1] ?? client, conditions: { ready: false } },
  ]
  const snapshot = createMeshSnapshot({ services: [hello, db], pods, endpointSlices: [slice(db, { http: 8080 }, members)] })
  expect(nameTable(snapshot, nodeOf(client))).toEqual({
    'db.default.svc.cluster.local': { addresses: ['10.1.0.20'], registry: 'Kubernetes', shortName: 'db', namespace: 'default' },
    'db-0.db.default.svc.cluster.local': { addresses: ['10.1.0.20'], registry: 'Kubernetes', shortName: 'db-0.db', namespace: 'default' },
    'hello.default.svc.cluster.local': { addresses: ['10.96.0.10'], registry: 'Kubernetes', shortName: 'hello', namespace: 'default' },
  })
})
