import { describe, expect, it } from 'vitest'
import { injectObject, type JsonObject } from '../src/index.js'
import type { Pod } from '../src/pod-spec.js'
import { allContainers, annotatedPod, containerOf, envOf, injectPodObject, namesOf, podWith } from './objects.js'

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app' }] } }

const workloads: readonly (readonly [kind: string, apiVersion: string, spec: object, path: readonly string[]])[] = [
  ['Deployment', 'apps/v1', { template }, ['spec', 'template']],
  ['Deployment', 'extensions/v1beta1', { template }, ['spec', 'template']],
  ['DaemonSet', 'apps/v1', { template }, ['spec', 'template']],
  ['ReplicaSet', 'apps/v1', { template }, ['spec', 'template']],
  ['StatefulSet', 'apps/v1', { template }, ['spec', 'template']],
  ['Job', 'batch/v1', { template }, ['spec', 'template']],
  ['CronJob', 'batch/v1', { jobTemplate: { spec: { template } } }, ['spec', 'jobTemplate', 'spec', 'template']],
  ['ReplicationController', 'v1', { template }, ['spec', 'template']],
  ['DeploymentConfig', 'apps.openshift.io/v1', { template }, ['spec', 'template']],
  ['Pod', 'v1', template.spec, []],
]

describe('every workload kind', () => {
  it.each(workloads)('%s of %s', (kind, apiVersion, spec, path) => {
    const object = { apiVersion, kind, metadata: { name: 'web' }, spec } as unknown as JsonObject
    const before = JSON.stringify(object)
    const result = injectObject(object)
    const pod = path.reduce<JsonObject>((value, step) => value[step] as JsonObject, result.object) as unknown as Pod
    expect(namesOf(allContainers(pod.spec))).toEqual(['istio-init', 'istio-proxy', 'app'])
    expect(envOf(pod, 'ISTIO_META_OWNER')).toBe(`kubernetes://apis/${apiVersion}/namespaces/default/${kind.toLowerCase()}s/web`)
    expect(pod.metadata.annotations?.['sidecar.istio.io/status']).toContain('istio-proxy')
    expect(JSON.stringify(object)).toBe(before)
  })

  it('labels the Job of a CronJob like its Pods, and keeps what each says of itself', () => {
    const jobTemplate = { metadata: { labels: { team: 'a' } }, spec: { template } }
    const { object } = injectObject({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'tick' },
      spec: { jobTemplate },
    } as unknown as JsonObject)
    const job = (object['spec'] as { jobTemplate?: { metadata: Pod['metadata']; spec: { template: Pod } } }).jobTemplate
    expect(job?.metadata.labels).toMatchObject({ team: 'a', 'security.istio.io/tlsMode': 'istio' })
    expect(job?.spec.template.metadata.labels).toMatchObject({ app: 'web', 'security.istio.io/tlsMode': 'istio' })
    expect(job?.spec.template.metadata.labels).not.toHaveProperty('team')
  })

  it('names the Deployment behind the Pod of a ReplicaSet, and the CronJob behind that of a Job', () => {
    const owned = (kind: string, apiVersion: string, name: string, labels: object): Pod =>
      injectPodObject(podWith({}, { labels, ownerReferences: [{ apiVersion, kind, name, controller: true, uid: '1' }] }))
    const replica = owned('ReplicaSet', 'apps/v1', 'web-5d5f', { 'pod-template-hash': '5d5f' })
    expect(envOf(replica, 'ISTIO_META_WORKLOAD_NAME')).toBe('web')
    expect(envOf(replica, 'ISTIO_META_OWNER')).toBe('kubernetes://apis/apps/v1/namespaces/default/deployments/web')
    expect(envOf(owned('Job', 'batch/v1', 'tick-29384756', {}), 'ISTIO_META_OWNER')).toContain('/cronjobs/tick')
    expect(envOf(owned('Job', 'batch/v1', 'once', {}), 'ISTIO_META_OWNER')).toContain('/jobs/once')
  })

  it('gives other kinds back as the very object', () => {
    const object: JsonObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } }
    expect(injectObject(object).object).toBe(object)
  })
})

describe('what the proxy is told', () => {
  it('points to the control plane of the revision and namespace', () => {
    const pod = injectPodObject(podWith(), { revision: 'canary', istioNamespace: 'mesh' })
    expect(envOf(pod, 'CA_ADDR')).toBe('istiod-canary.mesh.svc:15012')
    expect(JSON.parse(envOf(pod, 'PROXY_CONFIG') ?? '')).toEqual({ discoveryAddress: 'istiod-canary.mesh.svc:15012' })
    expect(pod.metadata.annotations?.['istio.io/rev']).toBe('canary')
  })

  it('carries cluster, network, mesh and trust domain', () => {
    const pod = injectPodObject(podWith(), { clusterId: 'east', network: 'n1', trustDomain: 'td.example', meshId: 'm' })
    expect(envOf(pod, 'ISTIO_META_CLUSTER_ID')).toBe('east')
    expect(envOf(pod, 'ISTIO_META_NETWORK')).toBe('n1')
    expect(envOf(pod, 'ISTIO_META_MESH_ID')).toBe('m')
    expect(envOf(pod, 'TRUST_DOMAIN')).toBe('td.example')
    expect(pod.metadata.labels?.['topology.istio.io/network']).toBe('n1')
  })

  it('merges proxy.istio.io/config over the ProxyConfig of the mesh and hands proxyMetadata to both containers', () => {
    const config = 'concurrency: 2\nproxyMetadata: {B: two, A: 1}\n'
    const pod = injectPodObject(annotatedPod({ 'proxy.istio.io/config': config }), {
      proxyConfig: { drainDuration: '5s', proxyMetadata: { C: 'three' } },
    })
    expect(envOf(pod, 'PROXY_CONFIG')).toBe('{"drainDuration":"5s","concurrency":2,"proxyMetadata":{"C":"three","B":"two","A":1}}\n')
    expect([envOf(pod, 'A'), envOf(pod, 'B'), envOf(pod, 'C')]).toEqual(['1', 'two', 'three'])
    expect(envOf(pod, 'B', 'istio-init')).toBe('two')
  })

  it('takes image, image type, pull policy and pull secrets', () => {
    const settings = { hub: 'r.example/x', tag: '9', imagePullPolicy: 'Always', imagePullSecrets: ['pull'] }
    const pod = injectPodObject(annotatedPod({ 'sidecar.istio.io/proxyImageType': 'distroless' }), settings)
    expect(containerOf(pod, 'istio-proxy')).toMatchObject({ image: 'r.example/x/proxyv2:9-distroless', imagePullPolicy: 'Always' })
    expect(pod.spec.imagePullSecrets).toEqual([{ name: 'pull' }])
    expect(pod.metadata.annotations?.['sidecar.istio.io/status']).toContain('"imagePullSecrets":["pull"]')
  })
})

describe('redirection', () => {
  const args = (annotations: Record<string, string>): string =>
    (containerOf(injectPodObject(annotatedPod(annotations)), 'istio-init').args ?? []).join(' ')

  it('excludes ports and addresses the annotations name, and always the status port', () => {
    const text = args({
      'traffic.sidecar.istio.io/excludeInboundPorts': '9000, 9001',
      'traffic.sidecar.istio.io/excludeOutboundPorts': '5432',
      'traffic.sidecar.istio.io/includeOutboundPorts': '80,443',
      'traffic.sidecar.istio.io/excludeInterfaces': 'eth1',
    })
    expect(text).toContain('-d 15090,15021,9000,9001,15020 -q 80,443 -o 5432 -c eth1 --log_output_level')
  })

  it('needs no init container in mode NONE and root in mode TPROXY', () => {
    const none = injectPodObject(annotatedPod({ 'sidecar.istio.io/interceptionMode': 'NONE' }))
    expect(namesOf(none.spec.initContainers)).toEqual(['istio-proxy'])
    const tproxy = injectPodObject(annotatedPod({ 'sidecar.istio.io/interceptionMode': 'TPROXY' }))
    expect(containerOf(tproxy, 'istio-proxy').securityContext).toMatchObject({ runAsUser: 0, capabilities: { add: ['NET_ADMIN'] } })
    expect(envOf(tproxy, 'ISTIO_META_INTERCEPTION_MODE')).toBe('TPROXY')
  })

  it('needs no privileges where the CNI plugin redirects', () => {
    const pod = injectPodObject(podWith(), { cni: 'default', nativeSidecars: false })
    expect(namesOf(pod.spec.initContainers)).toEqual(['istio-validation'])
    expect(containerOf(pod, 'istio-validation').securityContext).toMatchObject({ runAsUser: 1337, capabilities: { drop: ['ALL'] } })
    expect(pod.metadata.annotations).toMatchObject({ 'traffic.sidecar.istio.io/excludeInboundPorts': '15020' })
  })
})

describe('native and classic', () => {
  const spec = { initContainers: [{ name: 'migrate' }] }

  it('starts a native proxy before the init containers of the app', () => {
    const pod = injectPodObject(podWith(spec))
    expect(namesOf(pod.spec.initContainers)).toEqual(['istio-init', 'istio-proxy', 'migrate'])
  })

  it.each([
    ['the annotation', annotatedPod({ 'sidecar.istio.io/nativeSidecar': 'false' }, spec), {}],
    ['the setting', podWith(spec), { nativeSidecars: false }],
  ])('puts a classic proxy beside the app by %s, and redirects last', (_, object, settings) => {
    const pod = injectPodObject(object, settings)
    expect(namesOf(pod.spec.initContainers)).toEqual(['migrate', 'istio-init'])
    expect(namesOf(pod.spec.containers)).toEqual(['app', 'istio-proxy'])
    expect(containerOf(pod, 'istio-proxy')).not.toHaveProperty('restartPolicy')
    expect(containerOf(pod, 'istio-proxy')).not.toHaveProperty('lifecycle')
  })

  it('prefers the annotation to the setting', () => {
    const pod = injectPodObject(annotatedPod({ 'sidecar.istio.io/nativeSidecar': 'true' }), { nativeSidecars: false })
    expect(containerOf(pod, 'istio-proxy').restartPolicy).toBe('Always')
  })

  it('holds the app back behind a classic proxy', () => {
    const object = annotatedPod({ 'proxy.istio.io/config': 'holdApplicationUntilProxyStarts: true' })
    const pod = injectPodObject(object, { nativeSidecars: false })
    expect(namesOf(pod.spec.containers)).toEqual(['istio-proxy', 'app'])
    expect(containerOf(pod, 'istio-proxy').lifecycle).toEqual({ postStart: { exec: { command: ['pilot-agent', 'wait'] } } })
  })

  it('warns that a classic sidecar keeps a Job from completing', () => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' }, spec: { template } } as unknown as JsonObject
    expect(injectObject(job, { nativeSidecars: false }).warnings).toMatchObject([
      { code: 'job-with-classic-sidecar', object: { name: 'j' } },
    ])
    expect(injectObject(job).warnings).toEqual([])
  })
})

describe('annotations that cannot be right', () => {
  it.each([
    ['sidecar.istio.io/interceptionMode', 'MAGIC', /expected one of REDIRECT, TPROXY, NONE/],
    ['status.sidecar.istio.io/port', '70000', /expected a port from 0 to 65535/],
    ['traffic.sidecar.istio.io/excludeInboundPorts', '80,http', /expected ports separated by commas, found "http"/],
    ['traffic.sidecar.istio.io/includeOutboundIPRanges', '10.0.0.0/40', /expected address ranges/],
    ['readiness.status.sidecar.istio.io/periodSeconds', '-1', /expected a whole number/],
    ['sidecar.istio.io/nativeSidecar', 'maybe', /expected "true" or "false"/],
    ['sidecar.istio.io/userVolume', '{', /is not JSON/],
    ['sidecar.istio.io/userVolumeMount', '{"v": 1}', /v: expected a map/],
    ['proxy.istio.io/config', 'a: [', /is not YAML/],
    ['proxy.istio.io/config', '- 1', /expected a map, found a list/],
    ['proxy.istio.io/config', 'interceptionMode: 7', /interceptionMode: expected one of/],
    ['inject.istio.io/templates', 'mine', /expected the template "sidecar" or "gateway"/],
  ])('%s: %s', (name, value, message) => {
    expect(() => injectObject(annotatedPod({ [name]: value }))).toThrow(message)
  })

  it('warns of ProxyConfig fields Istio does not have', () => {
    expect(injectObject(annotatedPod({ 'proxy.istio.io/config': 'concurency: 2' })).warnings).toMatchObject([
      { code: 'unknown-proxy-config' },
    ])
  })

  it('refuses settings out of range', () => {
    expect(() => injectObject(podWith(), { statusPort: 70_000 })).toThrow(/setting statusPort: expected a whole number from 0 to 65535/)
  })
})

describe('metrics', () => {
  it('moves the scrape annotations of the app to the proxy', () => {
    const pod = injectPodObject(annotatedPod({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9102', 'prometheus.io.path': '/m' }))
    expect(JSON.parse(envOf(pod, 'ISTIO_PROMETHEUS_ANNOTATIONS') ?? '')).toEqual({ scrape: 'true', path: '/m', port: '9102' })
    expect(pod.metadata.annotations).toMatchObject({ 'prometheus.io/port': '15020', 'prometheus.io/path': '/stats/prometheus' })
    expect(pod.metadata.annotations).not.toHaveProperty(['prometheus.io.path'])
  })

  it.each([[{ 'prometheus.istio.io/merge-metrics': 'false' }], [{ 'prometheus.io/scrape': 'false' }]])(
    'leaves them alone with %j',
    (annotations) => {
      const pod = injectPodObject(annotatedPod({ ...annotations, 'prometheus.io/port': '9102' }))
      expect(pod.metadata.annotations?.['prometheus.io/port']).toBe('9102')
      expect(envOf(pod, 'ISTIO_PROMETHEUS_ANNOTATIONS')).toBeUndefined()
    },
  )
})

describe('labels', () => {
  it('takes the recommended Kubernetes labels first and cuts long names', () => {
    const labels = { 'app.kubernetes.io/name': `${'n'.repeat(62)}-x`, app: 'other', 'app.kubernetes.io/version': '7', version: 'v1' }
    expect(injectPodObject(podWith({}, { labels })).metadata.labels).toMatchObject({
      'service.istio.io/canonical-name': 'n'.repeat(62),
      'service.istio.io/canonical-revision': '7',
    })
  })

  it('keeps what the Pod already says', () => {
    const labels = { 'security.istio.io/tlsMode': 'disabled', 'service.istio.io/canonical-name': 'mine' }
    expect(injectPodObject(podWith({}, { labels })).metadata.labels).toMatchObject(labels)
    const named = annotatedPod({ 'kubectl.kubernetes.io/default-container': 'second' })
    expect(injectPodObject(named).metadata.annotations?.['kubectl.kubernetes.io/default-container']).toBe('second')
  })
})

describe('warnings', () => {
  it('says when DNS will not find the control plane and when a volume name is taken', () => {
    const codes = injectObject(podWith({ dnsPolicy: 'Default', volumes: [{ name: 'istio-data', hostPath: { path: '/d' } }] })).warnings.map(
      ({ code }) => code,
    )
    expect(codes).toEqual(['dns-policy', 'volume-name-taken'])
  })
})
