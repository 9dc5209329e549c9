import { describe, expect, it } from 'vitest'
import { createMeshSnapshot } from '../../src/index.js'
import type { MeshSnapshotInput } from '../../src/index.js'
import { destinationRule, pod, service, translateFor, virtualService } from '../mesh.js'

const issuesOf = (input: MeshSnapshotInput) =>
  createMeshSnapshot(input).issues.map(({ code, resource, path }) => `${resource.kind} ${resource.name} ${path} ${code}`)
const route = (...destinations: readonly { readonly host: string; readonly subset?: string }[]) => ({
  route: destinations.map((destination) => ({ destination, weight: 1 })),
})

describe('hosts that nobody defines', () => {
  it.each(['nope', 'web.other.svc.cluster.local', '*.other.svc.cluster.local'])('are told of a DestinationRule for %s', (host) => {
    const rules = [destinationRule('rule', { host })]
    expect(issuesOf({ services: [service('web')], destinationRules: rules })).toEqual(['DestinationRule rule spec.host unknown-host'])
  })

  it('are told of a name that is short in another way, with the right one', () => {
    const { issues } = createMeshSnapshot({
      services: [service('web')],
      destinationRules: [destinationRule('rule', { host: 'web.default' })],
    })
    expect(issues.map(({ message }) => message)).toEqual([
      '"web.default" is no short name that Istio knows: write web.default.svc.cluster.local, or this rule has no effect',
    ])
  })

  it.each(['web', 'web.default.svc.cluster.local', '*.default.svc.cluster.local', '*.local', '*', 'api.example.com', '*.example.com'])(
    'are not told of a DestinationRule for %s',
    (host) => {
      expect(issuesOf({ services: [service('web')], destinationRules: [destinationRule('rule', { host })] })).toEqual([])
    },
  )

  it('are told of destinations, though no proxy has a route that leads there', () => {
    const services = [service('web')]
    const rules = [destinationRule('rule', { host: 'web', subsets: [{ name: 'v1', labels: { version: 'v1' } }] })]
    const spec = {
      hosts: ['outside.example.com'],
      http: [route({ host: 'web', subset: 'v1' }, { host: 'gone' }), route({ host: 'api.example.com' })],
      tcp: [route({ host: 'web', subset: 'v2' })],
    }
    expect(issuesOf({ services, destinationRules: rules, virtualServices: [virtualService('vs', spec)] })).toEqual([
      'VirtualService vs spec.http[0].route[1].destination.host unknown-host',
      'VirtualService vs spec.tcp[0].route[0].destination.subset unknown-subset',
    ])
  })

  it('are told in the words of a proxy that meets them', () => {
    const input = {
      services: [service('web')],
      destinationRules: [destinationRule('rule', { host: 'web', subsets: [{ name: 'v1', labels: {} }] })],
      virtualServices: [virtualService('vs', { hosts: ['web'], http: [route({ host: 'web', subset: 'v2' }, { host: 'gone' })] })],
    }
    const own = createMeshSnapshot(input).issues
    expect(own).toHaveLength(2)
    expect(translateFor(pod('web-1', '10.0.0.1'), input).issues).toEqual(expect.arrayContaining([...own]))
  })
})
