import { describe, expect, it } from 'vitest'
import type { DestinationRule, Pod, ProxyNode } from '../../src/index.js'
import { createMeshSnapshot, translate } from '../../src/index.js'
import { destinationRule, nodeOf, pod, service } from '../mesh.js'

type Spec = NonNullable<DestinationRule['spec']>

const reviews = service('reviews', { selector: { app: 'reviews' } })
const host = 'reviews.default.svc.cluster.local'
const client = pod('client-1', '10.1.0.9', { labels: { team: 'a' } })
const root = { namespace: 'istio-system' }

/** The most connections that a policy allows tell the rules apart. */
const rule = (name: string, maxConnections: number, spec: Partial<Spec> = {}, options = {}): DestinationRule =>
  destinationRule(name, { host, trafficPolicy: { connectionPool: { tcp: { maxConnections } } }, ...spec }, options)

function clustersOf(of: Pod, rules: readonly DestinationRule[], type: ProxyNode['type'] = 'sidecar') {
  const snapshot = createMeshSnapshot({ services: [reviews], destinationRules: rules, pods: [of] })
  return translate(snapshot, nodeOf(of, type)).config.clusters
}

function limitOf(of: Pod, rules: readonly DestinationRule[], name = `outbound|80||${host}`, type: ProxyNode['type'] = 'sidecar') {
  return clustersOf(of, rules, type).find((cluster) => cluster.name === name)?.circuitBreakers?.maxConnections
}

const unlimited = 4_294_967_295

describe('a proxy of the root namespace', () => {
  const gateway = pod('gateway-1', '10.1.0.1', root)
  const meshWide = rule('mesh', 1, { host: '*.local' }, root)
  const subsets = rule('reviews', 2, { subsets: [{ name: 'v1', labels: { version: 'v1' } }] })

  it('gets the subsets of a service whose namespace has a rule, in spite of a mesh-wide rule', () => {
    const names = clustersOf(gateway, [meshWide, subsets], 'router').map(({ name }) => name)
    expect(names).toContain(`outbound|80|v1|${host}`)
    expect(limitOf(gateway, [meshWide, subsets], undefined, 'router')).toBe(2)
  })

  it('gets the mesh-wide rule where the service’s namespace has none', () => {
    expect(limitOf(gateway, [meshWide], undefined, 'router')).toBe(1)
  })

  it('obeys a private rule of its namespace first, which nobody else sees', () => {
    const own = rule('own', 3, { exportTo: ['.'] }, root)
    expect(limitOf(gateway, [meshWide, subsets, own], undefined, 'router')).toBe(3)
    expect(limitOf(client, [own])).toBe(unlimited)
  })
})

describe('a rule that is exported', () => {
  it('to other namespaces only does not hold in its own', () => {
    const elsewhere = rule('elsewhere', 4, { exportTo: ['other'] })
    expect(limitOf(client, [elsewhere])).toBe(unlimited)
    expect(limitOf(pod('x', '10.1.0.8', { namespace: 'other' }), [elsewhere])).toBe(4)
  })

  it('to one namespace hides the wider hosts of its namespace from all others, and the root’s rule holds there', () => {
    const rules = [
      rule('narrow', 5, { exportTo: ['other'] }),
      rule('wide', 6, { host: '*.default.svc.cluster.local' }),
      rule('root', 7, {}, root),
    ]
    expect(limitOf(pod('x', '10.1.0.8', { namespace: 'other' }), rules)).toBe(5)
    expect(limitOf(pod('x', '10.1.0.8', { namespace: 'third' }), rules)).toBe(7)
  })

  it('elsewhere than an older one does not add to it', () => {
    const older = rule('a', 8, { exportTo: ['other'], subsets: [{ name: 'v1' }] })
    const newer = rule('b', 9, { exportTo: ['third'], subsets: [{ name: 'v2' }] }, { createdAt: '2026-02-01T00:00:00Z' })
    const names = (namespace: string) => clustersOf(pod('x', '10.1.0.8', { namespace }), [older, newer]).map(({ name }) => name)
    expect(names('other')).toContain(`outbound|80|v1|${host}`)
    expect(names('third')).toContain(`outbound|80|v2|${host}`)
    expect(names('third')).not.toContain(`outbound|80|v1|${host}`)
  })
})

describe('a rule with a workloadSelector', () => {
  const general = rule('general', 1, { subsets: [{ name: 'v1' }] })
  const selecting = (matchLabels: Record<string, string>, maxConnections = 77): DestinationRule =>
    rule('selecting', maxConnections, { workloadSelector: { matchLabels } }, { createdAt: '2026-02-01T00:00:00Z' })

  it('stands in for an older general one, subsets included', () => {
    const clusters = clustersOf(client, [general, selecting({ team: 'a' })])
    expect(clusters.find(({ name }) => name === `outbound|80||${host}`)?.circuitBreakers?.maxConnections).toBe(77)
    expect(clusters.map(({ name }) => name)).not.toContain(`outbound|80|v1|${host}`)
  })

  it('leaves other workloads and other namespaces to the general one', () => {
    expect(limitOf(client, [general, selecting({ team: 'b' })])).toBe(1)
    const other = pod('client-2', '10.1.0.8', { namespace: 'other', labels: { team: 'a' } })
    expect(limitOf(other, [general, selecting({ team: 'a' })])).toBe(1)
  })

  it('is merged with one of the same selector', () => {
    const older = destinationRule('older', { host, workloadSelector: { matchLabels: { team: 'a' } }, subsets: [{ name: 'v1' }] })
    const clusters = clustersOf(client, [older, selecting({ team: 'a' })])
    expect(clusters.find(({ name }) => name === `outbound|80|v1|${host}`)?.circuitBreakers?.maxConnections).toBe(77)
  })

  it('says nothing about what comes in', () => {
    const server = pod('reviews-1', '10.1.0.2')
    expect(limitOf(server, [general, selecting({ app: 'reviews' })], 'inbound|8080||')).toBe(1)
    expect(limitOf(server, [selecting({ app: 'reviews' })], 'inbound|8080||')).toBe(unlimited)
  })
})
