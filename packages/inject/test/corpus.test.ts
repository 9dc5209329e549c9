/** Our injection beside Istio's, on the pairs of Istio's own test data and on Pods a real istiod served. Every difference is listed with its reason. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { injectManifest, injectObject, type InjectSettings } from '../src/index.js'
import type { JsonObject } from '../src/json.js'
import type { Container, Pod } from '../src/pod-spec.js'
import { differences, meaningOf } from './semantic.js'

const corpus = fileURLToPath(new URL('../../../../shared/corpus/', import.meta.url))
const pairs = `${corpus}istio/inject/`
const istiod = `${corpus}istiod/`
const has = existsSync(pairs)

/** Istio's tests run with this image; nothing else is assumed unless a pair is named below. */
const base: InjectSettings = { hub: 'registry.istio.io/testing', tag: 'latest' }

/** Pairs that Istio's test table runs with other mesh values, read off their expected output. */
const assumed: Readonly<Record<string, InjectSettings>> = {
  'format-duration': { proxyConfig: { drainDuration: '23s' } },
  'hello-existing-cncf-networks': { cni: 'multus' },
  kubevirtInterfaces: { statusPort: 123, readinessInitialDelaySeconds: 100, readinessPeriodSeconds: 200, readinessFailureThreshold: 300 },
  'proxy-resources-memory-null': { resources: { limits: { cpu: '100m' }, requests: { cpu: '50m' } } },
  'proxy-resources-mixed-null': { resources: { limits: { memory: '500Mi' }, requests: { cpu: '100m', 'ephemeral-storage': '1Gi' } } },
  'proxy-resources-null': { resources: { limits: { memory: '500Mi' }, requests: { memory: '150Mi' } } },
  'traffic-params': {
    statusPort: 0,
    includeOutboundIpRanges: '127.0.0.1/24,10.96.0.1/24',
    excludeOutboundIpRanges: '10.96.0.2/24,10.96.0.3/24',
    excludeInboundPorts: '4,5,6',
  },
}

/** Pairs whose templates are made of Go template text, which Heddle does not run; they are refused with the annotation's position. */
const refused: Readonly<Record<string, string>> = {
  'custom-template': 'a template of the test itself',
  'grpc-simple': 'proxyless gRPC bootstrap by a shell script',
  'sidecar-spire': 'certificates from SPIRE instead of the mesh',
}

const goDefaults = "Go's decoder of DeploymentConfig writes zero values out and drops those the user wrote"
const regenerated =
  "switching a classic Pod to native, Istio takes the old proxy for the user's own and keeps its values, so a second injection differs from the first; we start afresh"

const knownDifferences: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cronjob: {
    '/0/spec/jobTemplate/spec/template/metadata':
      'Istio labels only the Job; labels of a Job do not reach its Pods, so we write them on the Pod template as well',
  },
  deploymentconfig: { '/0/spec/minReadySeconds': goDefaults, '/0/spec/paused': goDefaults, '/0/spec/test': goDefaults },
  'deploymentconfig-with-canonical-service-label': {
    '/0/spec/minReadySeconds': goDefaults,
    '/0/spec/paused': goDefaults,
    '/0/spec/test': goDefaults,
  },
  gateway: {
    '/0/spec/template/spec/containers/istio-proxy/env#order':
      'both templates share one environment; GOMEMLIMIT refers to no other variable',
  },
  'merge-probers': Object.fromEntries(
    [
      'args/7',
      'args/8',
      'env/ISTIO_META_POD_PORTS/value/json/2',
      'env/ISTIO_META_APP_CONTAINERS/value',
      'env/JWT_POLICY',
      'lifecycle/postStart',
      'readinessProbe/failureThreshold',
      'readinessProbe/initialDelaySeconds',
      'readinessProbe/periodSeconds',
    ].map((path) => [`/0/spec/template/spec/initContainers/istio-proxy/${path}`, regenerated]),
  ),
}

const names = has
  ? readdirSync(pairs)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => file.slice(0, -'.yaml'.length))
  : []

describe.skipIf(!has)('the pairs of Istio (skipped without ../shared/corpus)', () => {
  it.each(names.filter((name) => !(name in refused)))('injects %s as Istio does', (name) => {
    const input = readFileSync(`${pairs}${name}.yaml`, 'utf8')
    const result = injectManifest(input, { ...base, ...assumed[name] })
    const found = differences(meaningOf(result.yaml), meaningOf(readFileSync(`${pairs}${name}.yaml.injected`, 'utf8')))
    const known = knownDifferences[name] ?? {}
    expect(found.filter(({ path }) => !(path in known))).toEqual([])
    expect(Object.keys(known).filter((path) => !found.some((difference) => difference.path === path))).toEqual([])
  })

  it.each(names.filter((name) => !(name in refused)))('injects %s twice as once', (name) => {
    const settings = { ...base, ...assumed[name] }
    const once = injectManifest(readFileSync(`${pairs}${name}.yaml`, 'utf8'), settings).yaml
    expect(injectManifest(once, settings).yaml).toBe(once)
  })

  it.each(Object.keys(refused))('refuses the template of %s by name', (name) => {
    const input = readFileSync(`${pairs}${name}.yaml`, 'utf8')
    expect(() => injectManifest(input, { file: `${name}.yaml` })).toThrow(
      new RegExp(`^${name}\\.yaml:\\d+:\\d+: .*inject\\.istio\\.io/templates`),
    )
  })
})

interface Case {
  readonly name: string
  readonly pod: Pod
  readonly deployment: JsonObject
}

/** Pods of real scenarios (their environment and mounts were removed) with the Deployment they came from. */
function podsOf(scenario: string): Case[] {
  const { items } = JSON.parse(readFileSync(`${istiod}${scenario}/kubernetes.json`, 'utf8')) as { items: JsonObject[] }
  const inputs = readdirSync(`${istiod}${scenario}/input`).flatMap((file) =>
    parseAllDocuments(readFileSync(`${istiod}${scenario}/input/${file}`, 'utf8')).map((document) => document.toJS() as JsonObject | null),
  )
  return items.flatMap((object) => {
    const pod = object as unknown as Pod
    if (object['kind'] !== 'Pod' || pod.metadata.annotations?.['sidecar.istio.io/status'] === undefined) return []
    const owner = pod.metadata.name?.split('-').slice(0, -2).join('-')
    const deployment = inputs.find((input) => input?.['kind'] === 'Deployment' && (input['metadata'] as JsonObject)['name'] === owner)
    return deployment ? [{ name: `${scenario}: ${owner}`, pod, deployment }] : []
  })
}

const cases = existsSync(istiod) ? readdirSync(istiod).flatMap(podsOf) : []

describe.skipIf(cases.length === 0)('the Pods a real istiod served (skipped without ../shared/corpus)', () => {
  it.each(cases)('injects $name with the same labels, annotations and arguments', ({ pod, deployment }) => {
    const { object } = injectObject(deployment, { ...base, nativeSidecars: false })
    const template = (object as unknown as { spec: { template: Pod } }).spec.template
    const { 'pod-template-hash': _, ...labels } = pod.metadata.labels ?? {}
    expect(template.metadata.labels).toEqual(labels)
    expect(template.metadata.annotations).toMatchObject(pod.metadata.annotations ?? {})
    const shape = (containers: readonly Container[] = []): unknown => containers.map(({ name, image, args }) => ({ name, image, args }))
    expect(shape(template.spec.containers)).toEqual(shape(pod.spec.containers))
    expect(shape(template.spec.initContainers)).toEqual(shape(pod.spec.initContainers))
  })
})
