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

describe('of files, what Istio installs is there', () => {
  const ingress = { istio: 'ingressgateway' }
  const listening = (...numbers: readonly number[]) =>
    istio('Gateway', 'g', {
      selector: ingress,
      servers: numbers.map((number) => ({ hosts: ['a.com'], port: { number, name: `http-${number}`, protocol: 'HTTP' } })),
    })

  it('its gateway has the ports of the charts, and those of a Service that is given instead', () => {
    expect(found('IST0162', [listening(80, 8080, 443, 9000)])).toEqual(['g spec.servers[3].port.number'])
    const own = service('mine', { selector: ingress, ports: [{ name: 'http', port: 9000 }] }, 'istio-system')
    expect(found('IST0162', [own, listening(80, 9000)])).toEqual(['g spec.servers[0].port.number'])
  })

  it('claims are checked by a RequestAuthentication that may be for the gateway', () => {
    const headers = { '@request.auth.claims.team': { exact: 'a' } }
    const route = istio('VirtualService', 'v', { hosts: ['a.com'], gateways: ['g'], http: [{ match: [{ headers }], ...to('a') }] })
    const policy = (matchLabels: object) =>
      resource('security.istio.io/v1', 'RequestAuthentication', 'r', { selector: { matchLabels }, jwtRules: [{ issuer: 'me' }] }, 'edge')
    expect(found('IST0149', [listening(80), route])).toHaveLength(1)
    expect(found('IST0149', [listening(80), route, policy({ istio: 'egressgateway' })])).toHaveLength(1)
    expect(found('IST0149', [listening(80), route, policy(ingress)])).toEqual([])
    expect(found('IST0149', [listening(80), route, policy({ app: 'istio-ingressgateway' })])).toEqual([])
  })

  it('subsets are looked for in the rule that is there, though the Service is not', () => {
    const rule = istio('DestinationRule', 'd', { host: 'a', subsets: [{ name: 'v1', labels: { version: 'v1' } }] })
    const route = (subset: string) =>
      istio('VirtualService', 'v', { hosts: ['a'], http: [{ route: [{ destination: { host: 'a', subset } }] }] })
    expect(found('IST0101', [rule, route('v1')])).toEqual([])
    expect(found('IST0101', [rule, route('v2')])).toEqual(['v spec.http[0].route[0].destination.subset'])
    expect(found('IST0101', [route('v2')])).toEqual([])
  })
})

it('the route of a gateway is told when it leaves out the subset that sidecars choose', () => {
  const inner = (host: string) =>
    istio('VirtualService', 'in', { hosts: [host], http: [{ route: [{ destination: { host: 'a', subset: 'v1' } }] }] })
  const outer = istio('VirtualService', 'out', { hosts: ['a.com'], gateways: ['g'], http: [to('a')] })
  expect(found('IST0140', [inner('a'), outer])).toEqual(['out spec.http[0].route[0].destination.host'])
  expect(found('IST0140', [inner('b'), outer])).toEqual([])
})

describe('namespaces and their labels', () => {
  const namespace = (name: string, labels: object) =>
    ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }) as KubernetesObject
  const ambient = { 'istio.io/dataplane-mode': 'ambient' }

  it('a Sidecar does nothing where Pods have none', () => {
    const pod = {
      ...resource('v1', 'Pod', 'p', { containers: [] }),
      metadata: { name: 'p', namespace: 'default', labels: { app: 'a' }, annotations: { 'ambient.istio.io/redirection': 'enabled' } },
    }
    const sidecar = istio('Sidecar', 's', { workloadSelector: { labels: { app: 'a' } } })
    expect(found('IST0167', [pod as KubernetesObject, sidecar])).toEqual(['s '])
    expect(found('IST0167', [namespace('b', ambient), istio('Sidecar', 's', {}, 'b')])).toEqual(['b/s '])
    expect(found('IST0167', [namespace('b', { ...ambient, 'istio.io/rev': 'x' }), istio('Sidecar', 's', {}, 'b')])).toEqual([])
  })

  it('labels contradict each other unless the namespace is disabled', () => {
    const rev = { 'istio.io/rev': 'x' }
    expect(found('IST0123', [namespace('a', { ...rev, ...ambient })])).toHaveLength(1)
    expect(found('IST0123', [namespace('a', { ...rev, 'istio-injection': 'disabled' })])).toEqual([])
  })

  it('an automatic image needs a namespace that is known to be injected, where Namespaces are given', () => {
    const pod = resource('v1', 'Pod', 'p', { containers: [{ name: 'istio-proxy', image: 'auto' }] })
    expect(found('IST0147', [pod])).toEqual([])
    expect(found('IST0147', [namespace('other', {}), pod])).toHaveLength(1)
  })
})

describe('what machines wrote', () => {
  const named = (kind: string, name: string, metadata: object, more: object = {}) =>
    ({ apiVersion: 'v1', kind, metadata: { name, namespace: 'default', ...metadata }, ...more }) as KubernetesObject

  it('ports of a waypoint are named by istiod', () => {
    const spec = { ports: [{ name: 'mesh', port: 15_008, appProtocol: 'hbone' }] }
    expect(found('IST0118', [named('Service', 'w', {}, { spec })])).toHaveLength(1)
    expect(
      found('IST0118', [named('Service', 'w', { labels: { 'gateway.istio.io/managed': 'istio.io-mesh-controller' } }, { spec })]),
    ).toEqual([])
  })

  it('addresses that a ServiceEntry was given count', () => {
    const entry = istio('ServiceEntry', 'e', {
      hosts: ['a.com'],
      ports: [{ number: 5432, name: 'tcp', protocol: 'TCP' }],
      resolution: 'DNS',
    })
    expect(found('IST0134', [entry])).toHaveLength(1)
    expect(found('IST0134', [{ ...entry, status: { addresses: [{ host: 'a.com', value: '240.240.0.9' }] } } as KubernetesObject])).toEqual(
      [],
    )
  })

  it('a status that says no is told with its reason', () => {
    const condition = { type: 'Accepted', status: 'False', reason: 'NoMatchingParent', message: 'no such listener' }
    const route = (status: string) =>
      ({
        ...resource('gateway.networking.k8s.io/v1', 'HTTPRoute', 'r', { parentRefs: [{ name: 'g' }] }),
        status: { parents: [{ conditions: [{ ...condition, status }] }] },
      }) as KubernetesObject
    expect(analyze([route('False')], { validation: false })).toMatchObject([
      { code: 'IST0171', message: 'Its status says that it is not, or not wholly, Accepted (NoMatchingParent: no such listener).' },
    ])
    expect(
      found('IST0171', [route('True'), { ...route('True'), status: { conditions: [null], parents: null } } as KubernetesObject]),
    ).toEqual([])
  })

  it('annotations that Kubernetes knows are misplaced as Istio has it, and deprecated ones wherever they are', () => {
    const annotations = { 'kubernetes.io/ingress.class': 'istio', 'sidecar.istio.io/statsInclusionPrefixes': 'cluster' }
    const resources = [named('Service', 's', { annotations }, { spec: {} })]
    expect([found('IST0107', resources).length, found('IST0135', resources).length]).toEqual([2, 1])
  })
})

it('an empty place is no place of an endpoint', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', labels: { app: 'a' } },
    spec: { containers: [] },
  }
  const rule = istio('DestinationRule', 'd', { host: 'a', subsets: [{ name: 's', labels: { 'topology.kubernetes.io/zone': '' } }] })
  const base = [pod as KubernetesObject, service('a', { selector: { app: 'a' }, ports: [{ name: 'http', port: 80 }] })]
  expect(found('IST0173', [...base, rule])).toHaveLength(1)
})

it('an egress proxy of a Sidecar is given up', () => {
  const outboundTrafficPolicy = { mode: 'ALLOW_ANY', egressProxy: { host: 'a.com', port: { number: 80 } } }
  expect(found('IST0002', [istio('Sidecar', 's', { outboundTrafficPolicy })])).toEqual(['s spec.outboundTrafficPolicy.egressProxy'])
})
