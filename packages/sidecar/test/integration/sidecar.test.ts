/** Two Pods, each with its proxy, on a real control plane: what an application sees of the mesh, and what the agent's ports say. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { createMemoryLogger, type MemoryLogger } from '@heddle/base/testing'
import { systemClock, systemRandom } from '@heddle/base/node'
import { type ApplyObject, createFakeControlPlane, type FakeControlPlane } from '@heddle/control-plane/testing'
import { fetchJwtSvids, validateWithWorkloadApi, watchX509Svids, type X509Svid } from '@heddle/client'
import { type HttpEcho, startHttpEcho } from '@heddle/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSidecar, type Sidecar } from '../../src/sidecar.js'
import { callThrough } from './explicit-proxy.js'
import { accessLogsIn, createFakePod, type FakePod } from './fake-pod.js'
import { objectsOf } from './web-service.js'

const probePath = '/app-health/app/readyz'
let controlPlane: FakeControlPlane
let server: FakePod
let client: FakePod
let logger: MemoryLogger
let logFolder: string
const running: { readonly close: () => Promise<void> }[] = []

const strict: ApplyObject = {
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace: 'istio-system' },
  spec: { mtls: { mode: 'STRICT' } },
}
async function startSidecar(pod: FakePod): Promise<Sidecar> {
  const sidecar = createSidecar(pod.settings, { clock: systemClock, random: systemRandom, logger })
  running.push({ close: () => sidecar.drain() })
  await sidecar.start(AbortSignal.timeout(10_000))
  const isReady = async (): Promise<boolean> => (await fetch(`http://${pod.podIp}:15021/healthz/ready`)).ok
  await vi.waitUntil(isReady, { interval: 10, timeout: 10_000 })
  return sidecar
}

beforeAll(async () => {
  logger = createMemoryLogger()
  logFolder = mkdtempSync(join(tmpdir(), 'heddle-access-'))
  controlPlane = await createFakeControlPlane({ objects: [strict, accessLogsIn(join(logFolder, 'access.log'))] })
  server = await createFakePod(
    { name: 'web-1', app: 'web', probers: { [probePath]: { httpGet: { path: '/', port: 8080 } } } },
    controlPlane,
  )
  client = await createFakePod({ name: 'curl-1', app: 'curl' }, controlPlane)
  for (const object of [...objectsOf(server), client.object]) controlPlane.api.apply(object)
  running.push(await startHttpEcho({ host: server.appAddress, port: server.port, name: 'web' }))
  await startSidecar(server)
  await startSidecar(client)
})
afterAll(async () => {
  for (const part of running.toReversed()) await part.close()
  await controlPlane.close()
  for (const pod of [server, client]) pod.remove()
  rmSync(logFolder, { recursive: true })
})

const throughProxy = (url: string, token?: string): ReturnType<typeof callThrough> => callThrough(client, url, token)

const page = async (pod: FakePod, port: number, path: string, init?: RequestInit): Promise<{ status: number; text: string }> => {
  const response = await fetch(`http://${pod.podIp}:${port}${path}`, init)
  return { status: response.status, text: await response.text() }
}

describe('two workloads', () => {
  it('talk through their proxies with mutual TLS', async () => {
    const { status, body } = await throughProxy('http://web/hello')
    expect(status).toBe(200)
    const echo = JSON.parse(body) as HttpEcho
    expect(echo).toMatchObject({ name: 'web', path: '/hello' })
    const clientCertificate = echo.headers.find(([name]) => name === 'x-forwarded-client-cert')?.[1]
    expect(clientCertificate).toContain('spiffe://cluster.local/ns/default/sa/curl')
  })

  it('are counted on both sides with both names', async () => {
    await throughProxy('http://web.default.svc.cluster.local/hello')
    for (const pod of [server, client]) {
      const { text } = await page(pod, 15090, '/stats/prometheus')
      const line = text.split('\n').find((one) => one.startsWith('istio_requests_total{'))
      expect(line).toContain('source_workload="curl"')
      expect(line).toContain('destination_workload="web"')
    }
  })

  it('report to the control plane', async () => {
    const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${controlPlane.ports.telemetry}/metrics`)).text()
    await expect
      .poll(metrics, { interval: 50, timeout: 5000 })
      .toMatch(/istio_requests_total\{.*reporter="destination".*source_workload="curl"/)
  })
})

describe('a stranger', () => {
  it('is refused in plain text by STRICT', async () => {
    await expect(fetch(`http://${server.podIp}:${server.port}/`)).rejects.toThrow()
  })

  it('is refused with TLS but no certificate of the mesh', async () => {
    const ended = new Promise<boolean>((resolve) => {
      const socket = connect({ host: server.podIp, port: server.port, rejectUnauthorized: false, ALPNProtocols: ['istio'] })
      socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nhost: web\r\n\r\n'))
      socket.on('data', () => resolve(false))
      socket.on('error', () => resolve(true))
      socket.on('close', () => resolve(true))
    })
    expect(await ended).toBe(true)
  })

  it('leaves its line in the access log, which is where the mesh says', async () => {
    const linesOf = (): string => readFileSync(join(logFolder, 'access.log'), 'utf8')
    await vi.waitUntil(() => linesOf().includes('NR filter_chain_not_found'), { timeout: 10_000, interval: 10 })
    expect(linesOf()).toMatch(/"GET \/hello HTTP\/1\.1" 200 .*inbound\|8080\|\|/)
  })

  it('does not get the Pod’s identity without its token', async () => {
    expect((await throughProxy('http://web/', 'guessed').catch(() => ({ status: 0 }))).status).not.toBe(200)
  })

  it('of another Pod can neither read the admin pages nor drain the proxy', async () => {
    const from = (path: string, port: number, method = 'GET'): Promise<number> =>
      new Promise((resolve, reject) => {
        const outgoing = request({ host: server.podIp, port, path, method, localAddress: client.podIp, agent: false }, (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
        outgoing.on('error', reject)
        outgoing.end()
      })
    expect(await from('/config_dump', 15000)).toBe(403)
    expect(await from('/drain', 15020, 'POST')).toBe(403)
    expect(await from('/stats/prometheus', 15020)).toBe(200)
  })
})

describe('the admin pages', () => {
  it('have Envoy’s config dump, and no key in it', async () => {
    const { text } = await page(server, 15000, '/config_dump')
    const dump = JSON.parse(text) as { configs: Record<string, { name?: string; cluster?: { name: string }; active_state?: object }[]>[] }
    const list = (name: string) => dump.configs.flatMap((config) => config[name] ?? [])
    expect(list('dynamic_active_clusters').map(({ cluster }) => cluster?.name)).toContain('inbound|8080||')
    expect(list('dynamic_listeners').map(({ name }) => name)).toContain('virtualInbound')
    expect(list('dynamic_endpoint_configs').length).toBeGreaterThan(0)
    expect(list('dynamic_route_configs').length).toBeGreaterThan(0)
    expect(list('dynamic_active_secrets').map(({ name }) => name)).toEqual(['default', 'ROOTCA'])
    expect(text).not.toContain('PRIVATE KEY')
  })

  it('tell listeners, clusters, certificates and state', async () => {
    expect((await page(server, 15000, '/listeners')).text).toContain(`virtualInbound::${server.podIp}:${server.port}`)
    await throughProxy('http://web/')
    expect((await page(client, 15000, '/clusters')).text).toContain(`::${server.podIp}:${server.port}::health_flags::healthy`)
    expect((await page(server, 15000, '/certs')).text).toContain('spiffe://cluster.local/ns/default/sa/web')
    expect(JSON.parse((await page(server, 15000, '/server_info')).text)).toMatchObject({ state: 'LIVE' })
    expect((await page(server, 15000, '/nothing')).status).toBe(404)
  })
})

describe('the agent', () => {
  it('asks the application what the kubelet asks it', async () => {
    expect((await page(server, 15020, probePath)).status).toBe(200)
    expect((await page(server, 15020, '/app-health/other/readyz')).status).toBe(404)
  })

  it('fills the names of the mesh for the preload', () => {
    const names = JSON.parse(readFileSync(`${client.root}/names.json`, 'utf8')) as { names: Record<string, string[]>; capture: object }
    expect(names.names).toMatchObject({ web: ['127.200.0.80'], 'web.default.svc.cluster.local': ['127.200.0.80'] })
    expect(names.capture).toEqual({ address: client.podIp, port: 15001 })
  })

  it('never logs a token or a key', () => {
    expect(JSON.stringify(logger.records)).not.toMatch(/fake:|PRIVATE KEY/)
  })
})

describe('ending', () => {
  it('takes less than half a second when nothing is in flight', async () => {
    const pod = await createFakePod({ name: 'idle-1', app: 'idle' }, controlPlane)
    controlPlane.api.apply(pod.object)
    const sidecar = await startSidecar(pod)
    const startedMs = performance.now()
    await sidecar.drain()
    expect(performance.now() - startedMs).toBeLessThan(500)
    await expect(fetch(`http://${pod.podIp}:15021/healthz/ready`)).rejects.toThrow()
    pod.remove()
  })
})

describe('an application of the Pod', () => {
  it('gets certificate and tokens over the Workload API of its own sidecar', async () => {
    const endpoint = `unix://${join(client.root, 'agent.sock')}`
    const [svid] = await fetchJwtSvids({ audiences: ['web'], endpoint })
    expect(svid?.spiffeId).toBe('spiffe://cluster.local/ns/default/sa/curl')
    const judged = await validateWithWorkloadApi(svid?.token ?? '', 'web', { endpoint: `unix://${join(server.root, 'agent.sock')}` })
    expect(judged.spiffeId).toBe('spiffe://cluster.local/ns/default/sa/curl')
    const certificate = await new Promise<readonly X509Svid[]>((resolve) => {
      const watch = watchX509Svids({
        endpoint,
        onSvids: (svids) => {
          watch.close()
          resolve(svids)
        },
      })
    })
    expect(certificate.map(({ spiffeId }) => spiffeId)).toEqual(['spiffe://cluster.local/ns/default/sa/curl'])
  })
})
