/** Overlaps among many hosts are found without comparing each with each, and are those that comparing would find. */
import { expect, it } from 'vitest'
import { createSeededRandom } from '@heddle/base/testing'
import { validateObject } from '../../src/index.js'
import { hostsOverlap, SeenHosts } from '../../src/rules/hosts.js'

it('finds an overlap exactly where comparing with every earlier host does', () => {
  const random = createSeededRandom(20_261_123)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random.next() * items.length)] as T
  const label = (): string => pick(['a', 'b', 'A', 'ab', 'c-d'])
  const host = (): string => {
    const name = Array.from({ length: 1 + Math.floor(random.next() * 3) }, label).join('.')
    return pick([name, name, `*.${name}`, random.next() < 0.05 ? '*' : name])
  }
  for (let round = 0; round < 2000; round++) {
    const hosts = Array.from({ length: 1 + Math.floor(random.next() * 6) }, host)
    const seen = new SeenHosts()
    for (const [index, one] of hosts.entries()) {
      const earlier = hosts.slice(0, index)
      const found = seen.take(one)
      expect(found !== undefined, `${one} behind ${earlier.join(' ')}`).toBe(earlier.some((other) => hostsOverlap(other, one)))
      if (found !== undefined) expect(hostsOverlap(found, one)).toBe(true)
    }
  }
})

const metadata = { name: 'many', namespace: 'default' }
const many = <T>(count: number, make: (at: number) => T): readonly T[] => Array.from({ length: count }, (_, at) => make(at))
const istio = 'networking.istio.io/v1'

it.each<[string, object]>([
  [
    'hosts',
    {
      apiVersion: istio,
      kind: 'VirtualService',
      metadata,
      spec: { hosts: many(40_000, (at) => `h${at}.example.com`), http: [{ route: [{ destination: { host: 'a' } }] }] },
    },
  ],
  [
    'wildcard hosts',
    {
      apiVersion: istio,
      kind: 'VirtualService',
      metadata,
      spec: { hosts: many(10_000, (at) => `*.h${at}.example.com`), http: [{ route: [{ destination: { host: 'a' } }] }] },
    },
  ],
  [
    'hosts of a Sidecar',
    { apiVersion: istio, kind: 'Sidecar', metadata, spec: { egress: [{ hosts: many(20_000, (at) => `n${at}/a.example.com`) }] } },
  ],
  [
    'localities',
    {
      apiVersion: istio,
      kind: 'DestinationRule',
      metadata,
      spec: {
        host: 'a',
        trafficPolicy: {
          loadBalancer: { localityLbSetting: { distribute: many(10_000, (at) => ({ from: `r${at}/z`, to: { x: 100 } })) } },
        },
      },
    },
  ],
  [
    'parents',
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata,
      spec: { parentRefs: many(8000, (at) => ({ name: `g${at}` })) },
    },
  ],
])('judges thousands of %s in a time that grows with them', (_, resource) => {
  const before = process.cpuUsage()
  const { diagnostics } = validateObject(resource)
  const { user, system } = process.cpuUsage(before)
  expect(diagnostics.filter(({ severity, ruleId }) => severity === 'error' && ruleId !== 'list-size')).toEqual([])
  // Comparing each with each took 7 to 64 s.
  expect((user + system) / 1000).toBeLessThan(2000)
})
