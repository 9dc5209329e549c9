import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultObject } from '../../src/defaults/default-object.js'
import { kindTable } from '../../src/kinds/kind-table.js'
import type { KubernetesObject } from '../../src/resource.js'
import { ruleCatalogue } from '../../src/rules.js'
import { validateObject } from '../../src/validate/validate.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const metadata = { name: 'a', namespace: 'ns', labels: { a: 'b' } }
const match = { uri: { prefix: '/' }, headers: { a: { exact: 'b' } }, gateways: ['g'], sourceLabels: { a: 'b' } }
const destination = { host: 'a', subset: 'v1', port: { number: 80 } }
const httpRoute = {
  match: [match],
  route: [{ destination, weight: 1, headers: { request: { set: { a: 'b' }, remove: ['c'] } } }],
  retries: { attempts: 1, retryOn: '5xx', perTryTimeout: '1s' },
  fault: { abort: { httpStatus: 500, percentage: { value: 1 } }, delay: { fixedDelay: '1s', percentage: { value: 1 } } },
  rewrite: { uri: '/' },
  mirrors: [{ destination, percentage: { value: 1 } }],
  corsPolicy: { allowOrigins: [{ exact: 'a' }], allowMethods: ['GET'], maxAge: '1s' },
}
const policy = {
  loadBalancer: {
    consistentHash: { httpCookie: { name: 'a', attributes: [{ name: 'b' }] } },
    localityLbSetting: { distribute: [{ from: 'a', to: { b: 100 } }] },
  },
  connectionPool: { tcp: { maxConnections: 1 }, http: { http2KeepAlive: { interval: '1s', timeout: '1s' } } },
  outlierDetection: { consecutive5xxErrors: 1 },
  tls: { mode: 'SIMPLE', credentialName: 'a' },
  portLevelSettings: [{ port: { number: 80 }, tls: { mode: 'DISABLE' } }],
}
const container = {
  name: 'c',
  image: 'i',
  ports: [{ name: 'http', containerPort: 80 }],
  env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
  livenessProbe: { httpGet: { port: 'http' } },
  resources: { limits: { cpu: 1 } },
}
const template = { metadata, spec: { containers: [container], volumes: [{ name: 'v', emptyDir: {} }] } }
const istio = 'networking.istio.io/v1'
const samples: readonly KubernetesObject[] = [
  {
    apiVersion: istio,
    kind: 'VirtualService',
    metadata,
    spec: {
      hosts: ['a.com'],
      gateways: ['g'],
      exportTo: ['.'],
      http: [httpRoute],
      tls: [{ match: [{ sniHosts: ['a.com'] }], route: [{ destination }] }],
      tcp: [{ match: [{ port: 1 }], route: [{ destination }] }],
    },
  },
  {
    apiVersion: istio,
    kind: 'DestinationRule',
    metadata,
    spec: { host: 'a', trafficPolicy: policy, subsets: [{ name: 'v1', labels: { a: 'b' }, trafficPolicy: policy }] },
  },
  {
    apiVersion: istio,
    kind: 'Gateway',
    metadata,
    spec: {
      selector: { a: 'b' },
      servers: [
        {
          port: { number: 443, name: 'a', protocol: 'HTTPS' },
          hosts: ['*'],
          tls: { mode: 'SIMPLE', credentialName: 'a', cipherSuites: ['x'] },
        },
      ],
    },
  },
  {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata,
    spec: { selector: { matchLabels: { a: 'b' } }, mtls: { mode: 'STRICT' }, portLevelMtls: { 80: { mode: 'STRICT' } } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { type: 'ClusterIP', selector: { a: 'b' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  },
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector: { matchLabels: { a: 'b' } }, template } },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: { serviceName: 'a', selector: { matchLabels: { a: 'b' } }, template, volumeClaimTemplates: [{ metadata }] },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } } },
  },
  { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec },
  { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { a: 'b' } } as KubernetesObject,
]

type Spot = { readonly holder: Record<string, unknown>; readonly key: string }

function spotsOf(value: unknown): Spot[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...spotsOf(holder[key])])
}

describe('any input', () => {
  it('starts from samples without an error', () => {
    for (const sample of samples) expect(validateObject(sample).diagnostics.filter((fault) => fault.severity === 'error')).toEqual([])
  })

  it('is judged and defaulted without an exception, whatever one field holds (seed 20261122)', () => {
    const junk = fc.oneof(
      fc.constantFrom(null, undefined, '', '*', -1, 0, 1e300, true, [], {}, [null], [[]], { a: null }, '__proto__'),
      fc.jsonValue({ maxDepth: 2 }),
    )
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.nat(), junk, (sample, where, value) => {
        const copy = structuredClone(sample)
        const spots = spotsOf(copy)
        const { holder, key } = spots[where % spots.length] as Spot
        holder[key] = value
        const { resource, diagnostics } = validateObject(copy)
        expect(resource === undefined).toBe(diagnostics.some((fault) => fault.severity === 'error'))
        if (typeof copy.apiVersion === 'string' && typeof copy.kind === 'string') defaultObject(copy)
      }),
      { seed: 20261122, numRuns: 3000 },
    )
  })
})

describe('a resource of every kind', () => {
  const holes = [undefined, null, 'a', 1, [], {}]

  it.each([...new Set(kindTable.map(({ group }) => group))])('is judged without an exception, whatever it lacks: group "%s"', (group) => {
    for (const { kind, versions } of kindTable.filter((info) => info.group === group)) {
      const apiVersion = group === '' ? 'v1' : `${group}/${versions[0]}`
      for (const metadata of holes)
        for (const spec of holes) expect(() => validateObject({ apiVersion, kind, metadata, spec })).not.toThrow()
    }
  })

  it('and so is every example of the catalogue of rules, with one field missing, null or too many', () => {
    const examples = ruleCatalogue.filter(({ ruleId }) => !ruleId.startsWith('yaml-')).map(({ example }) => example)
    for (const { value } of examples.flatMap((example) => parseDocuments(example).documents))
      for (const which of spotsOf(value).keys()) {
        const { holder, key } = spotsOf(value)[which] as Spot
        const before = holder[key]
        holder[key] = null
        expect(() => validateObject(value)).not.toThrow()
        if (!Array.isArray(holder)) delete holder[key]
        expect(() => validateObject(value)).not.toThrow()
        holder[key] = before
        if (Array.isArray(holder)) continue
        holder['no field'] = null
        expect(() => validateObject(value)).not.toThrow()
        delete holder['no field']
      }
  })
})

describe('objects that nest deeper than any recursion goes', () => {
  const nested = (key: string): object => {
    let value: object = {}
    for (let level = 0; level < 200_000; level++) value = { [key]: value }
    return value
  }
  const metadata = { name: 'a' }

  it.each([
    [
      'a recursive type',
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata,
        spec: { versions: [{ schema: { openAPIV3Schema: nested('not') } }] },
      },
    ],
    [
      'an opaque value beside a null',
      {
        apiVersion: 'networking.istio.io/v1alpha3',
        kind: 'EnvoyFilter',
        metadata,
        spec: { workloadSelector: null, configPatches: [{ applyTo: 'CLUSTER', patch: { operation: 'ADD', value: nested('a') } }] },
      },
    ],
  ])('are refused and nothing is thrown: %s', (_, value) => {
    expect(validateObject(value).diagnostics.length).toBeGreaterThan(0)
    expect(validateObject(value, { unknownFields: 'prune' }).diagnostics.length).toBeGreaterThan(0)
  })
})
