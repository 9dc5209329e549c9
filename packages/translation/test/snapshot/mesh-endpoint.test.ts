import { describe, expect, it } from 'vitest'
import type { EndpointSlice, MeshSnapshotInput, Pod } from '../../src/index.js'
import { createMeshSnapshot, translate } from '../../src/index.js'
import { nodeOf, pod, service, slice, translateFor } from '../mesh.js'

const hello = service('hello')
const host = 'hello.default.svc.cluster.local'
const client = pod('client-1', '10.1.0.9', { node: 'here' })

function addresses(input: MeshSnapshotInput, of: Pod = client): readonly string[] {
  const { endpoints } = translateFor(of, { services: [hello], ...input }).config
  const found = endpoints.find(({ clusterName }) => clusterName === `outbound|80||${host}`)
  return (found?.localities ?? []).flatMap((locality) => locality.endpoints.map(({ address }) => address.address))
}

describe('an endpoint of a Pod', () => {
  const server = pod('hello-1', '10.1.0.1')

  it('waits until its Pod was seen', () => {
    const endpointSlices = [slice(hello, { http: 8080 }, [server])]
    expect(addresses({ endpointSlices })).toEqual([])
    expect(addresses({ endpointSlices, pods: [server] })).toEqual(['10.1.0.1'])
  })

  it('does not take the Pod that came after it under the same name', () => {
    const successor: Pod = { ...server, metadata: { ...server.metadata, uid: 'new' } }
    const of = (uid: string): EndpointSlice => {
      const written = slice(hello, { http: 8080 }, [server])
      const endpoints = (written.endpoints ?? []).map((endpoint) => ({ ...endpoint, targetRef: { ...endpoint.targetRef, uid } }))
      return { ...written, endpoints }
    }
    expect(addresses({ endpointSlices: [of('old')], pods: [successor] })).toEqual([])
    expect(addresses({ endpointSlices: [of('new')], pods: [successor] })).toEqual(['10.1.0.1'])
  })

  it('counts once when it stands in two slices', () => {
    const endpointSlices = [slice(hello, { http: 8080 }, [server]), slice(hello, { http: 8080 }, [server])]
    expect(addresses({ endpointSlices, pods: [server] })).toEqual(['10.1.0.1'])
  })
})

it('an endpoint that is no Pod’s needs none', () => {
  const written = slice(hello, { http: 8080 }, [])
  expect(addresses({ endpointSlices: [{ ...written, endpoints: [{ addresses: ['192.0.2.1'] }] }] })).toEqual(['192.0.2.1'])
})

it('a service with internalTrafficPolicy Local is called on the caller’s own Node only', () => {
  const near = pod('hello-1', '10.1.0.1', { node: 'here' })
  const far = pod('hello-2', '10.1.0.2', { node: 'there' })
  const local = { ...hello, spec: { ...hello.spec, internalTrafficPolicy: 'Local' } }
  const other = pod('client-2', '10.1.0.8', { node: 'there' })
  const snapshot = createMeshSnapshot({
    services: [local],
    endpointSlices: [slice(hello, { http: 8080 }, [near, far])],
    pods: [near, far, client, other],
  })
  const seenBy = (of: Pod) =>
    translate(snapshot, nodeOf(of)).config.endpoints.flatMap(({ localities }) =>
      localities.flatMap(({ endpoints }) => endpoints.map(({ address }) => address.address)),
    )
  expect(seenBy(client)).toEqual(['10.1.0.1'])
  expect(seenBy(other)).toEqual(['10.1.0.2'])
})

describe('the exportTo annotation of a Service', () => {
  const seen = (exportTo: string, namespace: string): boolean =>
    translateFor(pod('x', '10.1.0.7', { namespace }), { services: [service('hello', { exportTo })] }).config.clusters.some(
      ({ name }) => name === `outbound|80||${host}`,
    )

  it.each([
    ['', 'other', true],
    [' , ', 'other', true],
    ['.', 'other', false],
    ['.', 'default', true],
    ['a, other', 'other', true],
    ['~', 'default', false],
    ['~,default', 'default', false],
    ['~,*', 'other', true],
  ])('"%s" seen from %s', (exportTo, namespace, expected) => {
    expect(seen(exportTo, namespace)).toBe(expected)
  })
})
