/** A transcript with the real kubectl, when the machine has one: the outside check of what we serve. */
import { statSync } from 'node:fs'
import { customResourceDefinitions } from '@heddle/config-schema'
import type { KubernetesObject } from '@heddle/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deployment, type FakeNode, type PlatformHarness, startFakeNode, startHarness, types } from '../platform-harness.js'
import { hasKubectl, type Kubectl, manifestFile, runKubectl } from './kubectl.js'

describe.skipIf(!hasKubectl)('kubectl (skipped when it is not installed)', () => {
  let harness: PlatformHarness
  let node: FakeNode
  beforeAll(async () => {
    harness = await startHarness()
    node = await startFakeNode(harness.client)
    for (const definition of customResourceDefinitions())
      await harness.client.create(types.definitions, definition as unknown as KubernetesObject)
  })
  afterAll(async () => {
    await node.close()
    await harness.close()
  })

  const kubectl: Kubectl = (...args) => runKubectl(harness, ...args)
  const file = (name: string, ...objects: readonly object[]): string => manifestFile(harness, name, ...objects)

  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  }
  const virtualService = {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'VirtualService',
    metadata: { name: 'web' },
    spec: { hosts: ['*'], gateways: ['web-gateway'], http: [{ route: [{ destination: { host: 'web' } }] }] },
  }

  it('applies, waits for the rollout and shows what runs', async () => {
    const applied = await kubectl('apply', '-f', file('web.json', service, deployment('web', 2), virtualService))
    expect(applied.errors).not.toContain('rror')
    expect(applied.output.split('\n').slice(0, 3)).toEqual([
      'service/web created',
      'deployment.apps/web created',
      'virtualservice.networking.istio.io/web created',
    ])
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s')).toMatchObject({
      code: 0,
      output: expect.stringContaining('successfully rolled out'),
    })
    const { output } = await kubectl('get', 'pod,svc,deploy')
    expect(output).toMatch(/NAME +READY +STATUS +RESTARTS +AGE/)
    expect(output).toMatch(/pod\/web-\w{10}-\w{5} +1\/1 +Running +0 +\d+s/)
    expect(output).toMatch(/deployment\.apps\/web +2\/2 +2 +2 +\d+s/)
    expect((await kubectl('get', 'svc', 'web')).output).toMatch(/web +ClusterIP +127\.\d+\.\d+\.\d+ +<none> +80\/TCP +\d+s/)
    expect((await kubectl('get', 'virtualservices')).output).toMatch(/NAME +GATEWAYS +HOSTS +AGE\nweb +\["web-gateway"\] +\["\*"\] +\d+s/)
  })

  it('says "unchanged" when nothing changed, and "configured" for a custom resource that did', async () => {
    expect((await kubectl('apply', '-f', file('same.json', service))).output).toBe('service/web unchanged\n')
    const changed = { ...virtualService, spec: { ...virtualService.spec, hosts: ['example.com'] } }
    expect((await kubectl('apply', '-f', file('changed.json', changed))).output).toBe('virtualservice.networking.istio.io/web configured\n')
  })

  it('labels, scales, restarts, describes and reads as YAML', async () => {
    expect((await kubectl('label', 'ns', 'default', 'istio-injection=enabled')).output).toBe('namespace/default labeled\n')
    expect((await kubectl('scale', 'deployment/web', '--replicas=1')).output).toContain('scaled')
    expect((await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).output).toBe('1')
    expect((await kubectl('get', 'svc', 'web', '-o', 'yaml')).output).toContain('clusterIP: 127.')
    const described = await kubectl('describe', 'deployment', 'web')
    expect(described).toMatchObject({ code: 0, output: expect.stringContaining('ScalingReplicaSet') })
    expect(await kubectl('describe', 'svc', 'web')).toMatchObject({ code: 0, output: expect.stringContaining('Endpoints:') })
  })

  it('creates by command what newer versions send as protobuf', async () => {
    expect((await kubectl('create', 'namespace', 'made')).output).toBe('namespace/made created\n')
    expect((await kubectl('create', 'configmap', 'made', '-n', 'made', '--from-literal=a=1', '--from-literal=b=2')).output).toBe(
      'configmap/made created\n',
    )
    expect((await kubectl('create', 'secret', 'generic', 'made', '-n', 'made', '--from-literal=password=x')).output).toBe(
      'secret/made created\n',
    )
    expect((await kubectl('create', 'serviceaccount', 'made', '-n', 'made')).output).toBe('serviceaccount/made created\n')
    expect((await harness.client.get(types.configMaps, 'made', 'made'))?.['data']).toEqual({ a: '1', b: '2' })
    expect(await harness.client.get(types.secrets, 'made', 'made')).toMatchObject({ type: 'Opaque', data: { password: 'eA==' } })
    expect((await kubectl('delete', 'namespace', 'made')).output).toContain('namespace "made" deleted')
  })

  it('names an unknown field and a wrong type', async () => {
    const typo = { ...virtualService, spec: { ...virtualService.spec, hots: ['*'] } }
    const refused = await kubectl('create', '-f', file('typo.json', { ...typo, metadata: { name: 'typo' } }))
    const hint = `${refused.errors}${refused.output}`
    expect(hint).toContain('spec.hots')
    const wrong = await kubectl(
      'create',
      '--validate=false',
      '-f',
      file('wrong.json', { ...service, metadata: { name: 'wrong' }, spec: { ports: [{ port: 'x' }] } }),
    )
    expect(wrong).toMatchObject({ code: 1, errors: expect.stringContaining('spec.ports[0].port') })
  })

  it('refuses by Kubernetes sentences, and says what it lacks', async () => {
    expect(await kubectl('get', 'pod', 'nobody')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('Error from server (NotFound): pods "nobody" not found'),
    })
    expect((await kubectl('get', 'ingresses')).errors).toContain(`the server doesn't have a resource type "ingresses"`)
  })

  it('deletes and waits until it is gone', async () => {
    expect(await kubectl('delete', '-f', file('web.json', service, deployment('web', 2), virtualService))).toMatchObject({
      code: 0,
      output: expect.stringContaining('deleted'),
    })
    expect((await kubectl('get', 'deploy', 'web')).code).toBe(1)
  })

  it('keeps its credentials to itself', () => {
    expect(statSync(harness.access.kubeconfigPath).mode & 0o777).toBe(0o600)
  })
})
