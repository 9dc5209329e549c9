/** The runtime with real processes, over the API in memory. */
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type KubernetesObject, type Status, statusOf } from '@heddle/client'
import { processStart } from '../../src/process-start.js'
import { podType } from '../../src/runtime/pod-type.js'
import { conditionsOf, createRuntimeHarness, phaseOf, type RuntimeHarness, statusesOf, textOf } from './runtime-harness.js'

const idle = `setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(0))`
const reportPod = `console.log(JSON.stringify({ pid: process.pid, env: process.env, argv: process.argv.slice(2), cwd: process.cwd() })); ${idle}`

async function* inputOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item
  return undefined
}

describe('the runtime', () => {
  let harness: RuntimeHarness
  beforeEach(async () => {
    harness = await createRuntimeHarness()
  })
  afterEach(() => harness.close())

  const report = async (
    name: string,
    container?: string,
  ): Promise<{ pid: number; env: Record<string, string>; argv: string[]; cwd: string }> => {
    const controller = new AbortController()
    let text = ''
    for await (const part of harness.runtime.logs('default', name, {
      follow: true,
      signal: controller.signal,
      ...(container !== undefined && { container }),
    })) {
      text += Buffer.from(part).toString('utf8')
      if (text.includes('\n')) break
    }
    controller.abort()
    return JSON.parse(text.split('\n')[0] as string)
  }

  it('runs a Pod as a process and tells the API its address, ports and readiness', async () => {
    const image = harness.program('web', reportPod)
    await harness.createPod('web', {
      containers: [
        {
          name: 'web',
          image,
          ports: [{ containerPort: 8080 }, { containerPort: 80 }],
          args: ['--mode', '$(MODE)'],
          env: [{ name: 'MODE', value: 'fast' }],
        },
      ],
    })
    const pod = await harness.ready('web')
    expect(phaseOf(pod)).toBe('Running')
    expect(pod['spec']).toMatchObject({ nodeName: 'local' })
    const portMap = JSON.parse(pod.metadata.annotations?.['heddle.dev/port-map'] as string)
    expect(portMap).toMatchObject({ '8080': 8080 })
    expect(portMap['80']).toBeGreaterThanOrEqual(20_000)
    const { env, argv } = await report('web')
    expect(argv).toEqual(['--mode', 'fast'])
    expect(env).toMatchObject({
      HEDDLE_POD_IP: `127.${harness.subnet}.0.1`,
      HEDDLE_APP_ADDRESS: `127.${harness.subnet}.0.1`,
      HOSTNAME: 'web',
      MODE: 'fast',
    })
    expect(env['NODE_OPTIONS']).toContain('--require ')
    expect((pod['status'] as { podIP: string }).podIP).toBe(env['HEDDLE_POD_IP'])
    expect(existsSync(env['HEDDLE_NAMES'] as string)).toBe(true)
  })

  it('deletes a Pod in order: SIGTERM, the process gone, the API told, the folder removed', async () => {
    const image = harness.program('web', reportPod)
    const { metadata } = await harness.createPod('web', { containers: [{ name: 'web', image }] })
    await harness.ready('web')
    const { pid } = await report('web')
    await harness.api.client.delete(podType, 'web', 'default')
    await harness.api.untilGone('pods', 'web')
    expect(processStart(pid)).toBeUndefined()
    expect(existsSync(join(harness.directory, 'state', 'pods', metadata.uid as string))).toBe(false)
  })

  it('ends with SIGKILL a process, and its children, that do not heed SIGTERM within the grace', async () => {
    const child = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`
    const image = harness.program(
      'deaf',
      `const c = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]); process.on('SIGTERM', () => {}); console.log(JSON.stringify({ pid: c.pid })); setInterval(() => {}, 1000)`,
    )
    await harness.createPod('deaf', { containers: [{ name: 'deaf', image }], terminationGracePeriodSeconds: 1 })
    await harness.ready('deaf')
    const { pid } = await report('deaf')
    await harness.api.client.delete(podType, 'deaf', 'default')
    await harness.api.untilGone('pods', 'deaf')
    // The kernel ends a child of the killed group when it is its turn.
    await expect.poll(() => processStart(pid)).toBeUndefined()
  })

  it('restarts a container that ends at once the first time, then with back-off', async () => {
    const image = harness.program('crash', `console.log('crashing'); process.exit(3)`)
    await harness.createPod('crash', { containers: [{ name: 'crash', image }] })
    const pod = await harness.api.until('pods', (one) => statusesOf(one)[0]?.state.waiting?.reason === 'CrashLoopBackOff')
    expect(statusesOf(pod)[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 3 } },
      state: { waiting: { message: expect.stringContaining('back-off 10s') } },
    })
    expect(phaseOf(pod)).toBe('Running')
    expect(await textOf(harness.runtime.logs('default', 'crash', { previous: true }))).toBe('crashing\n')
  })

  it('has no log of a container that never started, and says why', async () => {
    const waiting = harness.program('waiting', 'setInterval(() => {}, 1000)')
    await harness.createPod('unborn', {
      initContainers: [{ name: 'first', image: 'nobody.example/first:1' }],
      containers: [{ name: 'second', image: waiting }],
    })
    await harness.api.until('pods', (one) => statusesOf(one, 'initContainerStatuses')[0]?.state.waiting?.reason === 'ErrImagePull')
    const refusal = (container: string): Promise<Status | undefined> =>
      textOf(harness.runtime.logs('default', 'unborn', { container, follow: true })).then(() => undefined, statusOf)
    expect(await refusal('first')).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: `container "first" in pod "unborn" is waiting to start: image can't be pulled`,
    })
    expect(await refusal('second')).toMatchObject({
      code: 400,
      message: 'container "second" in pod "unborn" is waiting to start: PodInitializing',
    })
  })

  it('reports a Pod that completed, and one that failed, and leaves them alone', async () => {
    const good = harness.program('good', `console.log('done')`)
    const bad = harness.program('bad', `process.exit(9)`)
    await harness.createPod('good', { restartPolicy: 'OnFailure', containers: [{ name: 'a', image: good }] })
    await harness.createPod('bad', { restartPolicy: 'Never', containers: [{ name: 'a', image: bad }] })
    await harness.api.until('pods', (pod) => pod.metadata.name === 'good' && phaseOf(pod) === 'Succeeded')
    const failed = await harness.api.until('pods', (pod) => pod.metadata.name === 'bad' && phaseOf(pod) === 'Failed')
    expect(statusesOf(failed)[0]?.state.terminated).toMatchObject({ exitCode: 9, reason: 'Error' })
  })

  it('says which lines to add for an unknown image', async () => {
    await harness.createPod('odd', { containers: [{ name: 'odd', image: 'example.com/odd:3' }] })
    const pod = await harness.api.until('pods', (one) => statusesOf(one)[0]?.state.waiting?.reason === 'ErrImagePull')
    expect(statusesOf(pod)[0]?.state.waiting?.message).toContain('- image: example.com/odd\n')
    const event = await harness.api.until('events', (one) => one['reason'] === 'Failed')
    expect(event['message']).toContain('images.yaml')
    expect(event['type']).toBe('Warning')
  })

  it('reports a program that does not exist', async () => {
    harness.program('gone', '')
    await harness.createPod('gone', { containers: [{ name: 'gone', image: 'test/gone', command: ['/no/such/program'] }] })
    const pod = await harness.api.until('pods', (one) => statusesOf(one)[0]?.lastState.terminated !== undefined)
    expect(statusesOf(pod)[0]?.lastState.terminated).toMatchObject({ exitCode: 128 })
  })

  it('explains a port that is taken on all addresses', async () => {
    const image = harness.program(
      'greedy',
      `require('net').createServer().listen({ port: Number(process.env.WANTED), host: '0.0.0.0' }); ${idle}`,
    )
    const holder = net.createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const { port } = holder.address() as net.AddressInfo
    await harness.createPod('greedy', { containers: [{ name: 'greedy', image, env: [{ name: 'WANTED', value: String(port) }] }] })
    const event = await harness.api.until('events', (one) => one['reason'] === 'PortInUse')
    expect(event['message']).toMatch(/EADDRINUSE.*must listen on \$HOST:\$PORT/)
    holder.close()
  })

  it('runs init containers in order, records istio-init as not needed, and starts sidecars before what follows', async () => {
    const init = harness.program('init', `require('fs').appendFileSync(process.env.HEDDLE_POD_ROOT + '/heddle/order', 'init ')`)
    const app = harness.program('app', `require('fs').appendFileSync(process.env.HEDDLE_POD_ROOT + '/heddle/order', 'app '); ${reportPod}`)
    const sidecar = harness.program(
      'side',
      `const fs = require('fs'); const http = require('http');
      fs.appendFileSync(process.env.HEDDLE_POD_ROOT + '/heddle/order', 'sidecar ');
      http.createServer((q, r) => { fs.appendFileSync(process.env.HEDDLE_POD_ROOT + '/heddle/order', 'probed '); r.end() }).listen(15021, process.env.HEDDLE_POD_IP);
      process.on('SIGTERM', () => { console.log('sidecar ended after the app: ' + !fs.existsSync(process.env.HEDDLE_POD_ROOT + '/heddle/running')); process.exit(0) })`,
    )
    await harness.createPod(
      'meshed',
      {
        initContainers: [
          { name: 'istio-init', image: 'example/proxyv2', args: ['istio-iptables'] },
          { name: 'prepare', image: init },
          {
            name: 'side',
            image: sidecar,
            restartPolicy: 'Always',
            startupProbe: { httpGet: { port: 15021, path: '/ready' }, periodSeconds: 1, failureThreshold: 600 },
          },
        ],
        containers: [{ name: 'app', image: app, ports: [{ containerPort: 8080 }] }],
      },
      { annotations: { 'sidecar.istio.io/status': '{}' } },
    )
    const pod = await harness.ready('meshed')
    expect(statusesOf(pod, 'initContainerStatuses').map((one) => [one.name, one.ready, one.state.terminated?.reason])).toEqual([
      ['istio-init', true, 'Completed'],
      ['prepare', true, 'Completed'],
      ['side', true, undefined],
    ])
    const { env } = await report('meshed', 'app')
    expect(readFileSync(join(env['HEDDLE_POD_ROOT'] as string, 'heddle/order'), 'utf8')).toMatch(/^init sidecar (probed )+app $/)
    expect(env['HEDDLE_APP_ADDRESS']).not.toBe(env['HEDDLE_POD_IP'])
    expect(env['http_proxy']).toBeUndefined()
    await harness.api.until('events', (event) => event['reason'] === 'NotNeeded')
  })

  it('tells programs other than Node where to listen and which proxy to use', async () => {
    const image = harness.program('shell', '')
    const script = `printf '{"env":{"host":"%s","port":"%s","proxy":"%s","no":"%s"}}\\n' "$HOST" "$PORT" "$http_proxy" "$no_proxy"; exec sleep 100`
    await harness.createPod(
      'shell',
      { containers: [{ name: 'app', image, command: ['sh', '-c', script], ports: [{ containerPort: 9000 }] }] },
      { annotations: { 'sidecar.istio.io/status': '{}' } },
    )
    await harness.ready('shell')
    const { env } = await report('shell')
    expect(env['host']).toBe(`127.${harness.subnet}.0.2`)
    expect(env['port']).toBe('9000')
    expect(env['proxy']).toMatch(new RegExp(`^http://[0-9a-f]{32}@127\\.${harness.subnet}\\.0\\.1:15002$`))
    expect(env['no']).toBe('localhost,127.0.0.1')
  })

  it('is ready only while the readiness probe succeeds, and restarts what fails its liveness probe', async () => {
    const image = harness.program(
      'probed',
      `const http = require('http'); let ok = true;
      http.createServer((q, r) => { if (q.url === '/break') ok = false; r.statusCode = ok || q.url === '/break' ? 200 : 500; r.end() }).listen(Number(process.env.AT), process.env.HEDDLE_POD_IP); ${idle}`,
    )
    const env = [{ name: 'AT', value: '18080' }]
    const probe = { httpGet: { port: 'web', path: '/' }, periodSeconds: 0.05, failureThreshold: 1 }
    const ports = [{ name: 'web', containerPort: 18_080 }]
    await harness.createPod('probed', { containers: [{ name: 'a', image, env, ports, readinessProbe: probe }] })
    await harness.createPod('restarted', {
      containers: [{ name: 'a', image, env, ports, livenessProbe: { ...probe, failureThreshold: 60 } }],
    })
    const addressOf = async (name: string): Promise<string> => ((await harness.ready(name))['status'] as { podIP: string }).podIP
    await fetch(`http://${await addressOf('probed')}:18080/break`)
    await harness.api.until(
      'pods',
      (pod) => pod.metadata.name === 'probed' && statusesOf(pod)[0]?.ready === false && statusesOf(pod)[0]?.state.running !== undefined,
    )
    const restarted = await addressOf('restarted')
    await expect
      .poll(() =>
        fetch(`http://${restarted}:18080/break`).then(
          (response) => response.status,
          () => 0,
        ),
      )
      .toBe(200)
    await harness.api.until(
      'pods',
      (pod) => pod.metadata.name === 'restarted' && statusesOf(pod)[0]?.restartCount === 1 && statusesOf(pod)[0]?.ready === true,
    )
  })

  it('writes volumes under the mount paths: config maps, secrets, tokens, downward API, and empty folders', async () => {
    const image = harness.program('files', reportPod)
    const optional = { name: 'absent', optional: true }
    await harness.createPod(
      'files',
      {
        volumes: [
          { name: 'config', configMap: { name: 'settings' } },
          { name: 'secret', secret: { secretName: 'keys', items: [{ key: 'tls.key', path: 'deep/key' }] } },
          { name: 'optional', configMap: optional },
          { name: 'token', projected: { sources: [{ serviceAccountToken: { audience: 'istio-ca', path: 'istio-token' } }] } },
          { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          { name: 'scratch' },
          { name: 'disk', hostPath: { path: '/etc' } },
        ],
        containers: [
          {
            name: 'a',
            image,
            env: [
              { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 'keys', key: 'tls.key' } } },
              { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1' } } },
              { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            ],
            resources: { limits: { cpu: '1500m' } },
            volumeMounts: [
              { name: 'config', mountPath: '/etc/config' },
              { name: 'optional', mountPath: '/etc/config/more' },
              { name: 'secret', mountPath: '/etc/keys' },
              { name: 'token', mountPath: '/var/run/secrets/tokens' },
              { name: 'info', mountPath: '/etc/istio/pod' },
              { name: 'scratch', mountPath: '/tmp/scratch' },
            ],
          },
        ],
      },
      { labels: { app: 'files' } },
    )
    const mounting = await harness.api.until('events', (event) => event['reason'] === 'FailedMount')
    expect(mounting['message']).toBe('MountVolume.SetUp failed for volume "config" : configmap "settings" not found')
    await harness.api.client.create(
      { group: '', version: 'v1', plural: 'secrets' },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data: { 'tls.key': Buffer.from('k').toString('base64') } },
    )
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { color: 'blue' } }
    const configMaps = { group: '', version: 'v1', plural: 'configmaps' }
    await harness.api.client.create(configMaps, configMap)
    await harness.ready('files')
    const { env } = await report('files')
    const at = (path: string): string => readFileSync(join(env['HEDDLE_POD_ROOT'] as string, path), 'utf8')
    expect([at('/etc/config/color'), at('/etc/keys/deep/key'), at('/etc/istio/pod/labels')]).toEqual(['blue', 'k', 'app="files"'])
    expect(at('/var/run/secrets/tokens/istio-token')).toMatch(/^token-\d+ of default for istio-ca$/)
    expect(existsSync(join(env['HEDDLE_POD_ROOT'] as string, '/tmp/scratch'))).toBe(true)
    expect(env).toMatchObject({ FROM_SECRET: 'k', CPU: '2', IP: env['HEDDLE_POD_IP'] })
    expect(harness.api.all('events').some((event) => event['reason'] === 'VolumeNotSupported')).toBe(true)
    writeFileSync(join(env['HEDDLE_POD_ROOT'] as string, '/tmp/scratch/own'), 'mine')
    await harness.api.client.update(configMaps, { ...configMap, data: { size: 'big' } })
    expect(at('/etc/config/size')).toBe('big')
    const exists = (path: string): boolean => existsSync(join(env['HEDDLE_POD_ROOT'] as string, path))
    expect(exists('/etc/config/color')).toBe(false)
    expect([at('/tmp/scratch/own'), exists('/etc/config/more'), exists('/etc/keys/deep/key')]).toEqual(['mine', true, true])
    expect(at('/var/run/secrets/tokens/istio-token')).toMatch(/^token-/)
  })

  it('keeps every volume inside the folder of its Pod, whatever its name', async () => {
    const image = harness.program('escape', reportPod)
    const configMaps = { group: '', version: 'v1', plural: 'configmaps' }
    await harness.api.client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { key: 'value' } })
    const name = '../../../../escaped'
    const { metadata } = await harness.createPod('escape', {
      volumes: [{ name, configMap: { name: 'c' } }],
      containers: [{ name: 'a', image, volumeMounts: [{ name, mountPath: '/etc/c' }] }],
    })
    await harness.ready('escape')
    const { env } = await report('escape')
    expect(existsSync(join(harness.directory, 'escaped'))).toBe(false)
    expect(realpathSync(join(env['HEDDLE_POD_ROOT'] as string, '/etc/c'))).toBe(
      join(realpathSync(harness.directory), 'state/pods', metadata.uid as string, 'volumes/escaped'),
    )
  })

  it('fills the names file of a Pod without a sidecar with Services and their ready endpoints', async () => {
    const image = harness.program('names', reportPod)
    await harness.createPod('names', { containers: [{ name: 'a', image }] })
    await harness.ready('names')
    const path = (await report('names')).env['HEDDLE_NAMES'] as string
    const create = (group: string, plural: string, object: object) =>
      harness.api.client.create({ group, version: 'v1', plural }, object as never)
    await create('', 'services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { clusterIP: '127.9.128.4', ports: [{ name: 'http', port: 80 }] },
    })
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      ports: [{ name: 'http', port: 20_000 }],
      endpoints: [
        { addresses: ['127.9.0.7'], conditions: { ready: true } },
        { addresses: ['127.9.0.8'], conditions: { ready: false } },
      ],
    }
    await create('discovery.k8s.io', 'endpointslices', slice)
    await expect
      .poll(() => JSON.parse(readFileSync(path, 'utf8')))
      .toMatchObject({
        capture: null,
        names: { web: ['127.9.128.4'], 'web.default': ['127.9.128.4'], 'web.default.svc.cluster.local': ['127.9.128.4'] },
        direct: { '127.9.128.4:80': ['127.9.0.7:20000'] },
      })
  })

  it('adopts running processes after a crash of the platform, with neither a double nor a restart', async () => {
    const image = harness.program('web', reportPod)
    await harness.createPod('web', { containers: [{ name: 'web', image }] })
    await harness.ready('web')
    const { pid } = await report('web')
    await harness.runtime.close({ stopPods: false })
    await harness.restart()
    await expect.poll(() => first(harness.runtime.exec('default', 'web', { command: ['true'] }))).toEqual({ type: 'exit', code: 0 })
    expect(await report('web')).toMatchObject({ pid })
    process.kill(pid, 'SIGKILL')
    await harness.api.until('pods', (pod) => statusesOf(pod)[0]?.restartCount === 1 && statusesOf(pod)[0]?.ready === true)
  })

  it('ends its processes although the API takes no last status', async () => {
    const image = harness.program('web', reportPod)
    await harness.createPod('web', { containers: [{ name: 'web', image }] })
    await harness.ready('web')
    const { pid } = await report('web')
    vi.spyOn(harness.api.client, 'patch').mockRejectedValue(new Error('the store takes nothing more'))
    await harness.runtime.close()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('takes a container without probes for ready when it listens on its declared port, or after a second', async () => {
    const listens = `setTimeout(() => require('net').createServer().listen(4321, process.env.HEDDLE_POD_IP), 300); ${idle}`
    const readyAfterMs = async (name: string, code: string): Promise<number> => {
      const containers = [{ name: 'a', image: harness.program(name, code), ports: [{ containerPort: 4321 }] }]
      await harness.createPod(name, { containers })
      const isRunning = (pod: KubernetesObject): boolean => pod.metadata.name === name && statusesOf(pod)[0]?.state.running !== undefined
      expect(statusesOf(await harness.api.until('pods', isRunning))[0]?.ready).toBe(false)
      const startedMs = performance.now()
      await harness.ready(name)
      return performance.now() - startedMs
    }
    expect(await readyAfterMs('listens', listens)).toBeLessThan(900)
    expect(await readyAfterMs('silent', idle)).toBeGreaterThan(900)
  })

  it('lets a Pod that serves go on for a moment after it left its Services, but not one that is forced to end', async () => {
    const image = harness.program('web', reportPod)
    const endOf = async (name: string, gracePeriodSeconds: number): Promise<number> => {
      await harness.createPod(name, { containers: [{ name: 'web', image }] })
      await harness.ready(name)
      const { pid } = await report(name)
      const startedMs = performance.now()
      await harness.api.client.delete(podType, name, 'default', { gracePeriodSeconds })
      await expect.poll(() => processStart(pid), { interval: 5, timeout: 5000 }).toBeUndefined()
      return performance.now() - startedMs
    }
    expect(await endOf('polite', 2)).toBeGreaterThanOrEqual(990)
    expect(await endOf('forced', 0)).toBeLessThan(900)
  })

  it('never reports a Pod that it adopts as unready, though its probe takes its time', async () => {
    const image = harness.program('web', reportPod)
    const sidecar = { name: 'side', image, restartPolicy: 'Always', startupProbe: { exec: { command: ['true'] } } }
    const readinessProbe = { exec: { command: ['true'] }, initialDelaySeconds: 1 }
    await harness.createPod('web', { initContainers: [sidecar], containers: [{ name: 'web', image, readinessProbe }] })
    const before = await harness.ready('web')
    await harness.runtime.close({ stopPods: false })
    const seen: KubernetesObject[] = []
    const informer = harness.api.client.watch(podType, {
      onEvent: (event) => event.type === 'applied' && seen.push(event.object),
    })
    await harness.restart()
    await informer.close()
    const running = (pod: KubernetesObject): unknown => statusesOf(pod)[0]?.state
    expect(seen.map((pod) => conditionsOf(pod).find((one) => one.type === 'Ready')?.status)).not.toContain('False')
    expect(running(await harness.ready('web'))).toEqual(running(before))
  })

  it('ends processes of Pods that are gone, and unrecorded ones, after a crash of the platform', async () => {
    const image = harness.program('web', reportPod)
    await harness.createPod('web', { containers: [{ name: 'web', image }] })
    await harness.createPod('lost', { containers: [{ name: 'web', image }] })
    await harness.ready('web')
    const lost = await harness.ready('lost')
    const pids = [(await report('web')).pid, (await report('lost')).pid]
    await harness.runtime.close({ stopPods: false })
    await harness.api.client.delete(podType, 'web', 'default', { gracePeriodSeconds: 0 })
    const record = join(harness.directory, 'state', 'pods', lost.metadata.uid as string, 'pod.json')
    writeFileSync(record, readFileSync(record, 'utf8').replace(/"process":\{[^}]*\},?/, ''))
    await harness.restart()
    await expect.poll(() => pids.map((pid) => processStart(pid))).toEqual([undefined, undefined])
    await harness.api.until('pods', (pod) => pod.metadata.name === 'lost' && phaseOf(pod) === 'Running')
    await expect.poll(() => textOf(harness.runtime.logs('default', 'lost', {}))).toMatch(/\n.*\n$/)
  })

  it('runs a Pod again whose processes were killed together with the platform', async () => {
    const image = harness.program('web', reportPod)
    await harness.createPod('web', { containers: [{ name: 'web', image }] })
    await harness.ready('web')
    const { pid } = await report('web')
    await harness.runtime.close({ stopPods: false })
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => processStart(pid)).toBeUndefined()
    await harness.restart()
    const pod = await harness.api.until('pods', (one) => statusesOf(one)[0]?.restartCount === 1 && statusesOf(one)[0]?.ready === true)
    expect(statusesOf(pod)[0]?.lastState.terminated).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' })
  })

  it('runs commands in a container and passes input, output and exit code', async () => {
    const image = harness.program('web', reportPod)
    await harness.createPod('web', { containers: [{ name: 'web', image, env: [{ name: 'COLOR', value: 'blue' }] }] })
    await harness.ready('web')
    const output: Record<string, string> = {}
    for await (const part of harness.runtime.exec('default', 'web', {
      command: ['sh', '-c', 'cat; echo $COLOR >&2; exit 4'],
      stdin: inputOf('i', 'n'),
    })) {
      if (part.type === 'exit') output['exit'] = String(part.code)
      else output[part.type] = (output[part.type] ?? '') + Buffer.from(part.data).toString('utf8')
    }
    expect(output).toEqual({ stdout: 'in', stderr: 'blue\n', exit: '4' })
    await expect(first(harness.runtime.exec('default', 'web', { command: ['no-such-program'] }))).rejects.toMatchObject({
      cause: { code: 400 },
    })
    await expect(first(harness.runtime.exec('default', 'nobody', { command: ['true'] }))).rejects.toMatchObject({ cause: { code: 404 } })
  })

  it('reads logs by tail and bytes, and with times', async () => {
    const image = harness.program('talk', `for (let i = 1; i <= 5; i++) console.log('line ' + i); ${idle}`)
    await harness.createPod('talk', { containers: [{ name: 'a', image }] })
    await harness.ready('talk')
    const logs = (options: object): Promise<string> => textOf(harness.runtime.logs('default', 'talk', options))
    await expect.poll(() => logs({})).toMatch(/line 5\n$/)
    expect(await logs({ tailLines: 2 })).toBe('line 4\nline 5\n')
    expect(await logs({ tailLines: 0 })).toBe('')
    expect(await logs({ limitBytes: 4 })).toBe('line')
    expect(await logs({ tailLines: 1, timestamps: true })).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z line 5\n$/)
  })
})
