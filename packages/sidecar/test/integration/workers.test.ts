/** heddle-proxy with two workers, as a process: one proxy to everybody outside, whatever happens to a worker. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMemoryLogger } from '@heddle/base/testing'
import { systemClock, systemRandom } from '@heddle/base/node'
import { type ApplyObject, createFakeControlPlane, type FakeControlPlane } from '@heddle/control-plane/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSidecar } from '../../src/sidecar.js'
import { callThrough } from './explicit-proxy.js'
import { accessLogsIn, createFakePod, type FakePod } from './fake-pod.js'
import { clientPortsOf } from './process-sockets.js'
import { objectsOf } from './web-service.js'

const bin = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))
const running: { readonly close: () => unknown }[] = []
let controlPlane: FakeControlPlane
let server: FakePod
let client: FakePod
let proxy: ChildProcess
let output = ''
/** Requests for `/hold`, which the application answers when it is told to. */
const held: ServerResponse[] = []

const workerPids = (): readonly number[] => [...output.matchAll(/a worker serves.*?"?pid"?[=:]\s*(\d+)/g)].map(([, pid]) => Number(pid))
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const livingPids = (): readonly number[] => workerPids().filter(isAlive)

async function startApp({ appAddress, port }: FakePod): Promise<Server> {
  const app = createServer((incoming, answer) => void (incoming.url === '/hold' ? held.push(answer) : answer.end('hello')))
  app.listen(port, appAddress)
  await once(app, 'listening')
  return app
}

interface HeldCall {
  readonly port: () => number
  /** Status, or 0 when the connection broke. */
  readonly outcome: Promise<number>
}

/** A request of its own connection straight to the Pod, which takes plaintext as well. */
function beginHeldCall({ podIp, port }: FakePod): HeldCall {
  const outgoing = request({ host: podIp, port, path: '/hold', headers: { host: 'web' }, agent: false })
  outgoing.end()
  const outcome = new Promise<number>((resolve) => {
    outgoing.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    outgoing.on('error', () => resolve(0))
  })
  return { port: () => outgoing.socket?.localPort ?? 0, outcome }
}

/** States of what the control plane has sent to the server's proxy. */
async function statesAtControlPlane(): Promise<ReadonlySet<string>> {
  const response = await fetch(`http://127.0.0.1:${controlPlane.ports.monitoring}/debug/syncz`)
  const proxies = (await response.json()) as readonly {
    readonly proxy: string
    readonly types: Record<string, { readonly state: string }>
  }[]
  const own = proxies.find(({ proxy: name }) => name.startsWith('web-1.'))
  return new Set(Object.values(own?.types ?? {}).map(({ state }) => state))
}

const isReady = async (pod: FakePod): Promise<boolean> => {
  const response = await fetch(`http://${pod.podIp}:15021/healthz/ready`).catch(() => undefined)
  return response?.ok === true
}
const call = (): Promise<{ readonly status: number; readonly body: string }> => callThrough(client, 'http://web/hello')
const metrics = async (): Promise<string> => (await fetch(`http://${server.podIp}:15090/stats/prometheus`)).text()

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-workers-'))
  running.push({ close: () => rmSync(folder, { recursive: true, force: true }) })
  controlPlane = await createFakeControlPlane({ objects: [accessLogsIn(join(folder, 'access.log'))] })
  running.push(controlPlane)
  server = await createFakePod({ name: 'web-1', app: 'web' }, controlPlane)
  client = await createFakePod({ name: 'curl-1', app: 'curl' }, controlPlane)
  for (const object of [...objectsOf(server), client.object]) controlPlane.api.apply(object)
  const app = await startApp(server)
  running.push({ close: () => app.closeAllConnections() }, app)
  const args = ['--conditions=@heddle/source', '--import', 'tsx', bin, 'proxy', 'sidecar', '--concurrency', '2']
  proxy = spawn(process.execPath, args, { env: { ...process.env, ...server.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [proxy.stdout, proxy.stderr]) stream?.on('data', (data: Buffer) => (output += data.toString()))
  running.push({ close: () => proxy.kill('SIGKILL') })
  const sidecar = createSidecar(client.settings, { clock: systemClock, random: systemRandom, logger: createMemoryLogger() })
  running.push({ close: () => sidecar.drain() })
  await sidecar.start(AbortSignal.timeout(10_000))
  for (const pod of [server, client]) await vi.waitUntil(() => isReady(pod), { interval: 20, timeout: 30_000 })
}, 60_000)

afterAll(async () => {
  for (const part of running.toReversed()) await part.close()
  for (const pod of [server, client]) pod.remove()
})

describe('a proxy of two workers', () => {
  it('serves, and its pages count all of them', async () => {
    expect(workerPids()).toHaveLength(2)
    for (let count = 0; count < 20; count++) expect((await call()).status).toBe(200)
    const lines = (await metrics()).split('\n').filter((line) => line.startsWith('istio_requests_total{'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/ 20$/)
    expect(await metrics()).toContain('envoy_server_concurrency{} 2')
    const listeners = await (await fetch(`http://${server.podIp}:15000/listeners`)).text()
    expect(listeners.split('\n').filter((line) => line.endsWith(`::${server.podIp}:${server.port}`))).toHaveLength(1)
  })

  it('reports the records of its workers to the control plane', async () => {
    const total = async (): Promise<string> => (await fetch(`http://127.0.0.1:${controlPlane.ports.telemetry}/metrics`)).text()
    await expect.poll(total, { interval: 50, timeout: 5000 }).toMatch(/istio_requests_total\{.*reporter="destination".*\} 20/)
  })

  it('acknowledges a configuration when the last of its workers has applied it', async () => {
    await expect.poll(statesAtControlPlane, { timeout: 10_000 }).toEqual(new Set(['SYNCED']))
    const [, second] = workerPids() as readonly [number, number]
    process.kill(second, 'SIGSTOP')
    const [, service] = objectsOf(server) as readonly [unknown, ApplyObject]
    controlPlane.api.apply({
      ...service,
      metadata: { ...service.metadata, name: 'other' },
      spec: { ...(service['spec'] as object), clusterIP: '127.200.0.81' },
    })
    await expect.poll(async () => (await statesAtControlPlane()).has('STALE'), { timeout: 10_000 }).toBe(true)
    // The first worker has had time enough.
    for (let look = 0; look < 50; look++) expect(await statesAtControlPlane()).toContain('STALE')
    process.kill(second, 'SIGCONT')
    await expect.poll(statesAtControlPlane, { timeout: 10_000 }).toEqual(new Set(['SYNCED']))
  }, 40_000)

  it.skipIf(process.platform !== 'linux')(
    'loses the requests of a worker that is killed, and no others',
    async () => {
      const calls = Array.from({ length: 12 }, () => beginHeldCall(server))
      await expect.poll(() => held.length, { timeout: 10_000 }).toBe(12)
      const [doomed] = livingPids() as readonly [number]
      const ports = clientPortsOf(doomed, server.port)
      const [lost, kept] = [calls.filter(({ port }) => ports.has(port())), calls.filter(({ port }) => !ports.has(port()))]
      expect(lost.length).toBeGreaterThan(0)
      expect(kept.length).toBeGreaterThan(0)
      process.kill(doomed, 'SIGKILL')
      expect(await Promise.all(lost.map(({ outcome }) => outcome))).toEqual(lost.map(() => 0))
      for (const answer of held.splice(0)) answer.end('late')
      expect(await Promise.all(kept.map(({ outcome }) => outcome))).toEqual(kept.map(() => 200))
      expect(output).toMatch(/a worker ended; another one takes its place.*inMs"?[=:]\s*100\b/)
      await vi.waitUntil(() => livingPids().length === 2, { timeout: 20_000 })
    },
    40_000,
  )

  it('goes on when a worker is killed, and has two again', async () => {
    const before = workerPids().length
    const [first] = livingPids() as readonly [number]
    process.kill(first, 'SIGKILL')
    await vi.waitUntil(() => !isAlive(first), { timeout: 5000 })
    for (let count = 0; count < 5; count++) expect((await call()).status).toBe(200)
    await vi.waitUntil(() => workerPids().length === before + 1, { timeout: 20_000 })
    expect(await isReady(server)).toBe(true)
    expect((await call()).status).toBe(200)
  }, 30_000)

  it('leaves no worker behind when it is killed itself', async () => {
    proxy.kill('SIGKILL')
    await once(proxy, 'exit')
    await vi.waitUntil(() => workerPids().every((pid) => !isAlive(pid)), { timeout: 10_000 })
  })
})
