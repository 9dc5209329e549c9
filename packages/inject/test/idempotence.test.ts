/** Properties that hold for every Pod: twice is once, settings win over history, nothing crashes. */
import fc from 'fast-check'
import { isHeddleError } from '@heddle/base'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { injectManifest, injectObject, type InjectSettings, type JsonObject, type JsonValue } from '../src/index.js'
import { meaningOf } from './semantic.js'

const seed = 20_260_822
const runs = { seed, numRuns: 300 }

const port = fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom('http', 'grpc', 'missing'))
const httpGet = fc.record(
  {
    port,
    path: fc.constantFrom('/', '/healthz', '/app-health/app/readyz'),
    scheme: fc.constantFrom('HTTP', 'HTTPS'),
    host: fc.constant('h'),
  },
  { requiredKeys: ['port'] },
)
const action = fc.oneof(
  fc.record({ httpGet, timeoutSeconds: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: ['httpGet'] }),
  fc.record({ tcpSocket: fc.record({ port }), periodSeconds: fc.constant(3) }, { requiredKeys: ['tcpSocket'] }),
  fc.record({ grpc: fc.record({ port: fc.integer({ min: 1, max: 9999 }) }) }),
  fc.constant({ exec: { command: ['true'] } }),
)
const container = (names: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc.record(
    {
      name: fc.constantFrom(...names),
      image: fc.constantFrom('app:1', 'auto'),
      ports: fc.constant([
        { name: 'http', containerPort: 8080 },
        { name: 'grpc', containerPort: 9000, protocol: 'TCP' },
      ]),
      env: fc.constant([{ name: 'yes', value: 'no' }]),
      readinessProbe: action,
      livenessProbe: action,
      startupProbe: action,
      lifecycle: fc.record({ preStop: action, postStart: action }, { requiredKeys: [] }),
      securityContext: fc.record({ runAsUser: fc.constantFrom(0, 1337, 5000) }),
    },
    { requiredKeys: ['name'] },
  ) as fc.Arbitrary<JsonObject>

const annotations = fc.record(
  {
    'prometheus.io/scrape': fc.constantFrom('true', 'false'),
    'prometheus.io/port': fc.constantFrom('9102', '15020'),
    'prometheus.io.path': fc.constant('/m'),
    'prometheus.istio.io/scrape-targets': fc.constant('8080:/metrics,9100:/x'),
    'prometheus.istio.io/merge-metrics': fc.constantFrom('true', 'false'),
    'sidecar.istio.io/nativeSidecar': fc.constantFrom('true', 'false'),
    'sidecar.istio.io/rewriteAppHTTPProbers': fc.constantFrom('true', 'false'),
    'status.sidecar.istio.io/port': fc.constantFrom('0', '15020', '15999'),
    'sidecar.istio.io/interceptionMode': fc.constantFrom('REDIRECT', 'TPROXY', 'NONE'),
    'sidecar.istio.io/proxyCPU': fc.constant('50m'),
    'traffic.sidecar.istio.io/excludeInboundPorts': fc.constantFrom('', '22', '22,15020'),
    'proxy.istio.io/config': fc.constantFrom('holdApplicationUntilProxyStarts: true', 'proxyMetadata: {A: b}', ''),
    'sidecar.istio.io/userVolume': fc.constant('{"v":{"emptyDir":{}}}'),
    'sidecar.istio.io/status': fc.constantFrom('nonsense', '{}', '[]'),
  },
  { requiredKeys: [] },
)

const spec = fc
  .record(
    {
      containers: fc.uniqueArray(container(['app', 'side', 'istio-proxy', 'web']), {
        minLength: 1,
        maxLength: 3,
        selector: ({ name }) => name,
      }),
      initContainers: fc.uniqueArray(container(['migrate', 'istio-init', 'warm']), { maxLength: 2, selector: ({ name }) => name }),
      volumes: fc.uniqueArray(fc.record({ name: fc.constantFrom('data', 'istio-token', 'v'), emptyDir: fc.constant({}) }), {
        selector: ({ name }) => name,
      }),
      imagePullSecrets: fc.constant([{ name: 'mine' }]),
      securityContext: fc.constant({ fsGroup: 1 }),
      nodeSelector: fc.constant({ 'a/b': 'yes' }),
    },
    { requiredKeys: ['containers'] },
  )
  .filter(({ containers }) => containers.some(({ name }) => name !== 'istio-proxy'))

const template = fc.record(
  { metadata: fc.record({ labels: fc.constant({ app: 'web', version: '1' }), annotations }, { requiredKeys: [] }), spec },
  { requiredKeys: ['spec'] },
)

const workload = fc.oneof(
  template.map((value) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { template: value } })),
  template.map((value) => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'web' },
    spec: { jobTemplate: { spec: { template: value } } },
  })),
  template.map((value) => ({ apiVersion: 'v1', kind: 'Pod', ...value })),
) as unknown as fc.Arbitrary<JsonObject>

const settings: fc.Arbitrary<InjectSettings> = fc.record(
  {
    nativeSidecars: fc.boolean(),
    cni: fc.constantFrom('off', 'default', 'multus'),
    statusPort: fc.constantFrom(0, 15_020),
    rewriteAppProbes: fc.boolean(),
    mergePrometheus: fc.boolean(),
    imagePullSecrets: fc.constantFrom(['pull'], ['mine', 'pull']),
    network: fc.constant('n1'),
    revision: fc.constantFrom('default', 'canary'),
  },
  { requiredKeys: [] },
)

describe(`properties (seed ${seed})`, () => {
  it('injecting twice equals injecting once', () => {
    fc.assert(
      fc.property(workload, settings, (object, chosen) => {
        const once = injectObject(object, chosen).object
        expect(injectObject(once, chosen).object).toEqual(once)
      }),
      runs,
    )
  })

  it('injecting a manifest twice gives the same text as once', () => {
    fc.assert(
      fc.property(fc.array(workload, { minLength: 1, maxLength: 3 }), settings, (objects, chosen) => {
        const once = injectManifest(objects.map((object) => stringify(object, { compat: 'yaml-1.1' })).join('---\n'), chosen).yaml
        expect(injectManifest(once, chosen).yaml).toBe(once)
      }),
      { ...runs, numRuns: 100 },
    )
  })

  it('injecting with other settings first makes no difference but for labels and annotations that are kept once written', () => {
    fc.assert(
      fc.property(workload, fc.boolean(), fc.boolean(), (object, first, second) => {
        const direct = injectObject(object, { nativeSidecars: second }).object
        const detour = injectObject(injectObject(object, { nativeSidecars: first }).object, { nativeSidecars: second }).object
        expect(meaningOf(stringify(detour))).toEqual(meaningOf(stringify(direct)))
      }),
      runs,
    )
  })

  it('answers every value in place of a workload with a result or a HeddleError', () => {
    const junk = fc.oneof(
      { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue> },
      { weight: 1, arbitrary: template as unknown as fc.Arbitrary<JsonValue> },
    )
    const holes = [
      'metadata',
      'spec',
      'spec.template',
      'spec.template.metadata',
      'spec.template.spec',
      'spec.template.spec.containers',
      'spec.template.spec.containers.0',
    ]
    const fields = ['ports', 'env', 'readinessProbe', 'lifecycle', 'args', 'securityContext', 'volumeMounts', 'name'].map(
      (field) => `spec.template.spec.containers.0.${field}`,
    )
    fc.assert(
      fc.property(workload, fc.constantFrom(...holes, ...fields), junk, (object, hole, value) => {
        const broken = structuredClone(object)
        put(broken, hole.split('.'), value)
        try {
          injectObject(broken)
        } catch (error) {
          if (!isHeddleError(error)) throw error
        }
      }),
      { ...runs, numRuns: 1000 },
    )
  })
})

function put(object: JsonObject, path: readonly string[], value: JsonValue): void {
  const [step = '', ...rest] = path
  if (rest.length === 0) object[step] = value
  else if (typeof object[step] === 'object' && object[step] !== null) put(object[step] as JsonObject, rest, value)
}
