/** The runtime as a client of the real API, over HTTPS: workloads become processes, survive the platform, and go away. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@heddle/base/node'
import { silentLogger } from '@heddle/base'
import { createResourceClient, type InformerEvent, type KubernetesObject, type ResourceClient, type ResourceType } from '@heddle/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPlatform, type Platform, type PlatformAccess } from '../../src/platform.js'
import { processStart } from '../../src/process-start.js'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.js'
import { buildPodPrograms } from '../images/built-programs.js'
import { conditionsOf, statusesOf, textOf } from './runtime-harness.js'

const core = (plural: string): ResourceType => ({ group: '', version: 'v1', plural })
const deployments: ResourceType = { group: 'apps', version: 'v1', plural: 'deployments' }
const slices: ResourceType = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' }

const server = `const http = require('http');
http.createServer((q, r) => r.end(process.pid + ' ' + q.url)).listen(18080, () => console.log('up'))`

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          { name: 'web', image: 'test/web', ports: [{ containerPort: 18_080 }], readinessProbe: { httpGet: { path: '/', port: 18_080 } } },
        ],
      },
    },
  },
}
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 18_080 }] },
}

describe('the runtime on the real API', () => {
  const directory = mkdtempSync(join(tmpdir(), 'heddle-platform-runtime-'))
  let platform: Platform
  let access: PlatformAccess
  let client: ResourceClient
  let runtime: Runtime

  const up = async (): Promise<void> => {
    platform = createPlatform({ stateDir: join(directory, 'state'), port: 0, leaseFolder: join(directory, 'leases') })
    access = await platform.start()
    client = createResourceClient(
      { server: access.server, certificateAuthority: access.certificateAuthority, token: access.adminToken },
      { clock: systemClock, random: systemRandom, logger: silentLogger },
    )
    const programs = { proxy: 'proxy.js', controlPlane: 'istiod.js', preload: join(directory, 'register.cjs'), standIns: directory }
    const images = [{ image: 'test/web', command: [process.execPath, join(directory, 'web.cjs')] }]
    runtime = createRuntime(
      { nodeName: 'local', stateDir: join(directory, 'runtime'), subnet: access.subnet, images, programs },
      { client },
    )
    access.attachRuntime(runtime)
    await runtime.start()
  }
  const down = async (stopPods: boolean): Promise<void> => {
    await runtime.close({ stopPods, graceMs: 1000 })
    await client.close()
    await platform.close()
  }
  const until = (type: ResourceType, condition: (objects: readonly KubernetesObject[]) => boolean): Promise<readonly KubernetesObject[]> =>
    new Promise((resolve) => {
      const seen = new Map<string, KubernetesObject>()
      const informer = client.watch(type, {
        namespace: 'default',
        onEvent: (event: InformerEvent) => {
          if (event.type === 'applied') seen.set(event.object.metadata.uid as string, event.object)
          if (event.type === 'deleted') seen.delete(event.object.metadata.uid as string)
          if (event.type !== 'applied' && !informer?.isSynced) return
          if (!condition([...seen.values()])) return
          resolve([...seen.values()])
          void informer.close()
        },
      })
    })
  const isReady = (pod: KubernetesObject): boolean => conditionsOf(pod).some((one) => one.type === 'Ready' && one.status === 'True')
  const readyPods = (count: number): Promise<readonly KubernetesObject[]> =>
    until(core('pods'), (pods) => pods.length === count && pods.every(isReady))
  const bodyOf = async (pod: KubernetesObject): Promise<string> => {
    const bound = JSON.parse(pod.metadata.annotations?.['heddle.dev/port-map'] as string)['18080'] as number
    return (await fetch(`http://${(pod['status'] as { podIP: string }).podIP}:${bound}/x`)).text()
  }

  beforeEach(async () => {
    mkdirSync(directory, { recursive: true })
    await buildPodPrograms(directory)
    writeFileSync(join(directory, 'web.cjs'), server)
    await up()
  })
  afterEach(async () => {
    await down(true)
    rmSync(directory, { recursive: true, force: true })
  })

  it('runs a Deployment, publishes its endpoints, serves its logs and ends it with the Deployment', async () => {
    await client.create(core('services'), service)
    await client.create(deployments, deployment)
    const pods = await readyPods(2)
    expect(await Promise.all(pods.map(bodyOf))).toEqual([expect.stringMatching(/^\d+ \/x$/), expect.stringMatching(/^\d+ \/x$/)])
    const [slice] = await until(slices, (all) => all.some((one) => ((one['endpoints'] as unknown[]) ?? []).length === 2))
    expect(slice).toBeDefined()
    const { body } = await client.request({ path: `/api/v1/namespaces/default/pods/${pods[0]?.metadata.name}/log` })
    expect(await textOf(body)).toBe('up\n')
    const pids = (await Promise.all(pods.map(bodyOf))).map((text) => Number.parseInt(text, 10))
    await client.delete(deployments, 'web', 'default')
    await until(core('pods'), (all) => all.length === 0)
    expect(pids.map(processStart)).toEqual([undefined, undefined])
  })

  it('keeps Pods running while the platform is away, and adopts them', async () => {
    await client.create(deployments, deployment)
    const before = await Promise.all((await readyPods(2)).map(bodyOf))
    await down(false)
    expect(before.map((text) => processStart(Number.parseInt(text, 10)))).not.toContain(undefined)
    await up()
    const pods = await readyPods(2)
    expect((await Promise.all(pods.map(bodyOf))).toSorted()).toEqual(before.toSorted())
    expect(pods.flatMap((pod) => statusesOf(pod)).map((one) => one.restartCount)).toEqual([0, 0])
  })

  it('runs Pods again, under the same names, after an ordinary stop', async () => {
    await client.create(deployments, deployment)
    const before = await readyPods(2)
    const pids = (await Promise.all(before.map(bodyOf))).map((text) => Number.parseInt(text, 10))
    await down(true)
    expect(pids.map(processStart)).toEqual([undefined, undefined])
    await up()
    const isBack = (pod: KubernetesObject): boolean => isReady(pod) && statusesOf(pod)[0]?.restartCount === 1
    const after = await until(core('pods'), (pods) => pods.length === 2 && pods.every(isBack))
    expect(new Set(after.map((pod) => pod.metadata.uid))).toEqual(new Set(before.map((pod) => pod.metadata.uid)))
    expect(await Promise.all(after.map(bodyOf))).toEqual([expect.stringMatching(/\/x$/), expect.stringMatching(/\/x$/)])
  })

  it("runs the article's application, which other Pods reach by name and run commands against", async () => {
    for (const [name, labels] of [
      ['helloworld', { app: 'helloworld', version: 'v1' }],
      ['curl', { app: 'curl' }],
    ] as const) {
      const image = name === 'curl' ? 'docker.io/curlimages/curl:8.16.0' : 'haseebm/helloworld-kubernetes'
      const containers = [{ name, image, ...(name === 'helloworld' && { ports: [{ containerPort: 8080 }] }) }]
      await client.create(core('pods'), {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', labels },
        spec: { containers },
      })
    }
    const spec = { selector: { app: 'helloworld' }, ports: [{ port: 80, targetPort: 8080 }] }
    await client.create(core('services'), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'helloworld', namespace: 'default' },
      spec,
    })
    await readyPods(2)
    const call = async (url: string): Promise<string> => {
      const script = `fetch('${url}').then(r => r.text()).then(t => process.stdout.write(t), e => process.stdout.write(String(e.cause.code)))`
      const output: Uint8Array[] = []
      for await (const part of runtime.exec('default', 'curl', { command: ['node', '-e', script] }))
        if (part.type !== 'exit') output.push(part.data)
      return Buffer.concat(output).toString('utf8')
    }
    for (const name of ['helloworld', 'helloworld.default', 'helloworld.default.svc.cluster.local:80']) {
      await expect.poll(() => call(`http://${name}/api/hello`), { timeout: 10_000 }).toBe('Hello world v1\n')
    }
    expect(await call('http://nobody.default.svc.cluster.local/')).toBe('ENOTFOUND')
    expect(await call('http://helloworld:81/')).toBe('ECONNREFUSED')
  })
})
