/** What Istio's own analyzers say and do not say in cases that are easily judged otherwise; the resources are ours. */
import { describe, expect, it } from 'vitest'
import { analyze } from '../../src/analysis/analyze.js'
import type { KubernetesObject } from '../../src/resource.js'

const resource = (apiVersion: string, kind: string, name: string, spec: object, namespace = 'default'): KubernetesObject =>
  ({ apiVersion, kind, metadata: { name, namespace }, spec }) as KubernetesObject
const istio = (kind: string, name: string, spec: object, namespace?: string) =>
  resource('networking.istio.io/v1', kind, name, spec, namespace)
const service = (name: string, spec: object, namespace?: string) => resource('v1', 'Service', name, spec, namespace)
const to = (host: string) => ({ route: [{ destination: { host } }] })
const found = (code: string, resources: readonly KubernetesObject[]) =>
  analyze(resources)
    .filter((finding) => finding.code === code)
    .map(({ resource: { namespace, name }, path }) => `${namespace === 'default' ? '' : `${namespace}/`}${name} ${path}`)

describe('hosts and gateways', () => {
  const ingress = { istio: 'ingressgateway' }
  const gateway = (name: string, ...hosts: readonly string[]) =>
    istio('Gateway', name, { selector: ingress, servers: [{ hosts, port: { number: 80, name: 'http', protocol: 'HTTP' } }] })
  const route = (hosts: readonly string[], gateways: readonly string[]) =>
    istio('VirtualService', 'v', { hosts, gateways, http: [to('a')] })
  const gateways = [gateway('api', '*.api.com'), gateway('home', '*.home.com')]

  it('a host has to fit one of the gateways', () => {
    expect(found('IST0132', [...gateways, route(['a.api.com', 'b.home.com'], ['api', 'home'])])).toEqual([])
    expect(found('IST0132', [...gateways, route(['a.api.com', 'c.com'], ['api'])])).toEqual(['v spec.hosts[1]'])
  })

  it('a gateway has to serve one of the hosts', () => {
    expect(found('IST0132', [...gateways, route(['a.api.com'], ['api', 'home'])])).toEqual(['v spec.gateways[1]'])
    expect(found('IST0132', [...gateways, route(['a.com', 'b.com'], ['api'])])).toEqual(['v spec.hosts[0]', 'v spec.hosts[1]'])
  })

  it('wildcards of sidecars compete where they overlap, and with no plain host', () => {
    const claim = (name: string, host: string) => istio('VirtualService', name, { hosts: [host], http: [to('a')] })
    expect(found('IST0109', [claim('a', '*.x.com'), claim('b', '*.com')])).toEqual(['a spec.hosts[0]', 'b spec.hosts[0]'])
    expect(found('IST0109', [claim('a', 'x.com'), claim('b', '*.com')])).toEqual([])
  })

  it('a certificate is told of the Gateway that more workloads run', () => {
    const secure = (name: string, selector: object) =>
      istio('Gateway', name, {
        selector,
        servers: [
          { hosts: [`${name}.com`], port: { number: 443, name: 'https', protocol: 'HTTPS' }, tls: { mode: 'SIMPLE', credentialName: 'c' } },
        ],
      })
    expect(found('IST0138', [secure('wide', ingress), secure('narrow', { ...ingress, type: 'internal' })])).toEqual([
      'wide spec.servers[0].tls.credentialName',
    ])
    expect(found('IST0138', [secure('a', ingress), secure('b', ingress)])).toHaveLength(2)
  })
})

describe('routes', () => {
  const match = (...matches: readonly object[]) => ({ match: matches, ...to('a') })
  const prefix = (value: string) => ({ uri: { prefix: value } })

  it('an exact path beside its prefix in one route is no finding, in a later one it is', () => {
    const exact = { uri: { exact: '/' } }
    expect(found('IST0131', [istio('VirtualService', 'v', { hosts: ['a'], http: [match(prefix('/'), exact)] })])).toEqual([])
    expect(found('IST0131', [istio('VirtualService', 'v', { hosts: ['a'], http: [match(prefix('/')), match(exact)] })])).toHaveLength(1)
  })

  it('a longer prefix has no effect; only the same match again makes a route unreachable', () => {
    const routes = (later: string) => [istio('VirtualService', 'v', { hosts: ['a'], http: [match(prefix('/a')), match(prefix(later))] })]
    expect([found('IST0130', routes('/ab')).length, found('IST0131', routes('/ab')).length]).toEqual([0, 1])
    expect([found('IST0130', routes('/a')).length, found('IST0131', routes('/a')).length]).toEqual([1, 1])
  })

  it('a destination has to be seen wherever its VirtualService is exported', () => {
    const hidden = { ...service('a', { ports: [{ port: 80, name: 'http' }] }) } as KubernetesObject & { metadata: object }
    const only = { ...hidden, metadata: { ...hidden.metadata, annotations: { 'networking.istio.io/exportTo': 'friend,.' } } }
    const routed = (exportTo: readonly string[]) => istio('VirtualService', 'v', { hosts: ['a'], exportTo, http: [to('a')] })
    expect(found('IST0101', [only, routed(['friend'])])).toEqual([])
    expect(found('IST0101', [only, routed(['stranger'])])).toEqual(['v spec.http[0].route[0].destination.host'])
  })
})

describe('workloads and Services', () => {
  const deployment = (annotations: object) =>
    resource('apps/v1', 'Deployment', 'd', {
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' }, annotations }, spec: { containers: [{ name: 'a', image: 'a' }] } },
    })
  const port = (name: string, number: number, targetPort = number) =>
    service(name, { selector: { app: 'a' }, ports: [{ name, port: number, targetPort }] })

  it('the same port with two protocols, and one target from two ports, are two findings', () => {
    expect(found('IST0116', [deployment({}), port('tcp', 80), port('http', 80)])).toEqual(['d '])
    const resources = [deployment({}), port('tcp', 80), port('http', 90, 80)]
    expect([found('IST0116', resources), found('IST0137', resources)]).toEqual([[], ['d ']])
  })

  it('a Deployment outside the mesh is left alone', () => {
    expect(found('IST0116', [deployment({ 'sidecar.istio.io/inject': 'false' }), port('tcp', 80), port('http', 80)])).toEqual([])
  })

  it('a port named tcp of an ExternalName takes the traffic of others', () => {
    const external = (name: string) => service('e', { type: 'ExternalName', externalName: 'a.com', ports: [{ name, port: 443 }] })
    expect(found('IST0150', [external('tcp')])).toHaveLength(1)
    expect(found('IST0150', [external('tcp-a')])).toEqual([])
  })

  it('a subset may choose endpoints by where they run', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default', labels: { app: 'a' } },
      spec: { containers: [] },
    }
    const rule = (labels: object) => istio('DestinationRule', 'd', { host: 'a', subsets: [{ name: 's', labels }] })
    const base = [pod as KubernetesObject, service('a', { selector: { app: 'a' }, ports: [{ name: 'http', port: 80 }] })]
    const region = { 'topology.kubernetes.io/region': 'west' }
    expect(found('IST0173', [...base, rule(region)])).toEqual([])
    expect(found('IST0173', [...base, rule({ ...region, version: 'v9' })])).toHaveLength(1)
  })

  it('a credentialName counts where a workloadSelector is', () => {
    const rule = (more: object) =>
      istio('DestinationRule', 'd', { host: 'a.com', trafficPolicy: { tls: { mode: 'SIMPLE', credentialName: 'c' } }, ...more })
    expect(found('IST0128', [rule({})])).toHaveLength(1)
    expect(found('IST0128', [rule({ workloadSelector: { matchLabels: { a: 'b' } } })])).toEqual([])
  })
})

it('patches are relative when they need something to be there', () => {
  const filter = (name: string, ...configPatches: readonly object[]) =>
    resource('networking.istio.io/v1alpha3', 'EnvoyFilter', name, { configPatches })
  const value = { name: 'lua' }
  const match = { listener: { filterChain: { filter: { name: 'hcm' } } } }
  const remove = { applyTo: 'NETWORK_FILTER', match, patch: { operation: 'REMOVE' } }
  const replace = { applyTo: 'HTTP_FILTER', match, patch: { operation: 'REPLACE', value } }
  expect(found('IST0151', [filter('a', remove), filter('b', replace)])).toHaveLength(2)
  const versioned = {
    applyTo: 'HTTP_FILTER',
    match: { ...match, proxy: { proxyVersion: '^1.30' } },
    patch: { operation: 'INSERT_FIRST', value },
  }
  expect(found('IST0155', [filter('a', versioned), filter('b', replace)])).toHaveLength(1)
  expect(found('IST0151', [filter('a', { applyTo: 'CLUSTER', patch: { operation: 'MERGE', value } })])).toEqual([])
})
