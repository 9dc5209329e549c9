import { describe, expect, it } from 'vitest'
import { createPeerTable, peerOfEndpoint, peerOfPrincipal, peerOfWorkload } from '../../src/telemetry/peer.js'

const base = { name: 'pod', namespace: 'default', workloadName: 'web-v1', clusterId: 'Kubernetes', labels: {} }

describe('a peer', () => {
  it('takes its canonical name from the first label that is there, then from the workload', () => {
    const name = (labels: Record<string, string>): string => peerOfWorkload({ ...base, labels }).canonicalService
    expect(name({ 'service.istio.io/canonical-name': 'a', 'app.kubernetes.io/name': 'b', app: 'c' })).toBe('a')
    expect(name({ 'app.kubernetes.io/name': 'b', app: 'c' })).toBe('b')
    expect(name({ app: 'c' })).toBe('c')
    expect(name({})).toBe('web-v1')
  })

  it('has the canonical revision of its labels, else latest', () => {
    const revision = (labels: Record<string, string>): string => peerOfWorkload({ ...base, labels }).canonicalRevision
    expect(revision({ 'service.istio.io/canonical-revision': 'r', 'app.kubernetes.io/version': 's', version: 't' })).toBe('r')
    expect(revision({ 'app.kubernetes.io/version': 's', version: 't' })).toBe('s')
    expect(revision({ version: 't' })).toBe('t')
    expect(revision({})).toBe('latest')
  })

  it('stands in the namespace of its certificate, whatever it says', () => {
    expect(peerOfWorkload(base, 'spiffe://cluster.local/ns/other/sa/web').namespace).toBe('other')
    expect(peerOfWorkload(base).namespace).toBe('default')
  })

  it('is read from the metadata of an endpoint', () => {
    const endpoint = {
      address: { address: '127.0.0.1', port: 1 },
      metadata: { istio: { workload: 'sleep;default;sleep;;Kubernetes' } },
    }
    expect(peerOfEndpoint(endpoint)).toEqual({
      workload: 'sleep',
      namespace: 'default',
      app: 'unknown',
      version: 'unknown',
      canonicalService: 'sleep',
      canonicalRevision: 'latest',
      cluster: 'Kubernetes',
      principal: 'unknown',
    })
  })

  it('is known by its certificate when nothing else tells', () => {
    expect(peerOfPrincipal('spiffe://td/ns/shop/sa/cart')).toMatchObject({
      workload: 'unknown',
      namespace: 'shop',
      principal: 'spiffe://td/ns/shop/sa/cart',
    })
    expect(peerOfEndpoint(undefined)).toMatchObject({ workload: 'unknown', canonicalRevision: 'latest' })
  })
})

describe('the table of peers', () => {
  it('gives one object for equal peers, and the unknown one when it is full', () => {
    const table = createPeerTable(1)
    const first = table.intern(peerOfWorkload(base))
    expect(table.intern(peerOfWorkload({ ...base }))).toBe(first)
    expect(table.intern(peerOfWorkload({ ...base, workloadName: 'other' })).workload).toBe('unknown')
    expect(table.intern(peerOfWorkload(base))).toBe(first)
  })
})
