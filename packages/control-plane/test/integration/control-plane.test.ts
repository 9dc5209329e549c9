import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { createFakeClock, createMemoryLogger } from '@heddle/base/testing'
import { createCa, createMemoryCaStore } from '@heddle/ca'
import { typeUrls } from '@heddle/xds'
import { describe, expect, it } from 'vitest'
import { createControlPlane } from '../../src/control-plane.js'
import { createFakeControlPlane, createFakeResourceClient, fakeToken, type FakeControlPlane } from '../../src/testing.js'
import { meshConfigMap, namespace, node, service, slice } from '../mesh-objects.js'
import { createCaller, nextResponse, request } from './grpc-caller.js'

const get = (controlPlane: FakeControlPlane, path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${controlPlane.ports.monitoring}${path}`)
const rootOf = async ({ api }: FakeControlPlane, name: string): Promise<string | undefined> => {
  const object = await api.get({ group: '', version: 'v1', plural: 'configmaps' }, 'istio-ca-root-cert', name)
  return (object?.['data'] as Record<string, string> | undefined)?.['root-cert.pem']
}

describe('the roots', () => {
  it('are published into every namespace, also those that come later', async () => {
    await using controlPlane = await createFakeControlPlane({ objects: [namespace('default')] })
    await expect.poll(() => rootOf(controlPlane, 'default'), { interval: 1 }).toBe(controlPlane.rootsPem())
    controlPlane.api.apply(namespace('later'))
    await expect.poll(() => rootOf(controlPlane, 'later'), { interval: 1 }).toBe(controlPlane.rootsPem())
  })
})

describe('the pages of 15014', () => {
  it('tell readiness, metrics and who is connected with what', async () => {
    await using controlPlane = await createFakeControlPlane({ objects: [service('web'), slice('web', '10.0.0.1')] })
    const caller = createCaller(controlPlane, { token: fakeToken('default', 'default') })
    const call = caller.discover()
    call.write(request(typeUrls.cluster, { node: node() }))
    const { nonce } = await nextResponse(call)
    expect((await get(controlPlane, '/ready')).status).toBe(200)
    expect(await (await get(controlPlane, '/metrics')).text()).toContain('pilot_xds{version="test"} 1')
    const statuses = async (): Promise<unknown> => (await get(controlPlane, '/debug/syncz')).json()
    expect(await statuses()).toMatchObject([{ proxy: 'web-1.default', types: { CDS: { state: 'STALE' } } }])
    call.write(request(typeUrls.cluster, { responseNonce: nonce }))
    await expect.poll(statuses, { interval: 2 }).toMatchObject([{ types: { CDS: { state: 'SYNCED' } } }])
    const dump = (await (await get(controlPlane, '/debug/config_dump?proxyID=web-1.default')).json()) as { clusters: { name: string }[] }
    expect(dump.clusters.map(({ name }) => name)).toContain('outbound|80||web.default.svc.cluster.local')
    caller.close()
  })

  it('tell what resources do not do, and for which proxies', async () => {
    const owner = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'lost', namespace: 'default' } }
    const spec = { hosts: ['web'], http: [{ route: [{ destination: { host: 'gone' } }] }] }
    await using controlPlane = await createFakeControlPlane({ objects: [service('web'), slice('web', '10.0.0.1'), { ...owner, spec }] })
    const caller = createCaller(controlPlane, { token: fakeToken('default', 'default') })
    const call = caller.discover()
    call.write(request(typeUrls.cluster, { node: node() }))
    await nextResponse(call)
    expect(await (await get(controlPlane, '/debug/issues')).json()).toMatchObject([
      { kind: 'VirtualService', namespace: 'default', name: 'lost', code: 'unknown-host', severity: 'error', proxies: ['web-1.default'] },
    ])
    caller.close()
  })

  it('say what is wrong with a request', async () => {
    await using controlPlane = await createFakeControlPlane()
    expect((await get(controlPlane, '/nothing')).status).toBe(404)
    expect((await get(controlPlane, '/debug/config_dump?proxyID=nobody')).status).toBe(404)
    expect((await get(controlPlane, '/telemetry/records?limit=-1')).status).toBe(400)
    const posted = await fetch(`http://127.0.0.1:${controlPlane.ports.monitoring}/ready`, { method: 'POST' })
    expect(posted.status).toBe(405)
  })
})

describe('the mesh configuration', () => {
  it('is followed: REGISTRY_ONLY sends unknown destinations to the black hole', async () => {
    await using controlPlane = await createFakeControlPlane({ objects: [meshConfigMap('outboundTrafficPolicy: {mode: ALLOW_ANY}')] })
    const caller = createCaller(controlPlane, { token: fakeToken('default', 'default') })
    const call = caller.discover()
    call.write(request(typeUrls.listener, { node: node() }))
    const first = await nextResponse(call)
    call.write(request(typeUrls.listener, { responseNonce: first.nonce }))
    controlPlane.api.apply(meshConfigMap('outboundTrafficPolicy: {mode: REGISTRY_ONLY}'))
    const second = await nextResponse(call)
    const virtualOutbound = second.resources.find(({ name }) => name === 'virtualOutbound')
    expect(Buffer.from(virtualOutbound?.bytes ?? []).toString('latin1')).not.toContain('PassthroughCluster')
    caller.close()
  })
})

describe('closing', () => {
  it('ends open streams within half a second', async () => {
    const controlPlane = await createFakeControlPlane()
    const callers = Array.from({ length: 20 }, () => createCaller(controlPlane, { token: fakeToken('default', 'default') }))
    const calls = callers.map((caller) => caller.discover())
    await Promise.all(
      calls.map(async (call, index) => {
        call.write(request(typeUrls.cluster, { node: node(`web-${index}`) }))
        await nextResponse(call)
      }),
    )
    const ended = calls.map((call) => new Promise((resolve) => call.resume().once('status', resolve)))
    const startedMs = performance.now()
    await controlPlane.close()
    await Promise.all(ended)
    expect(performance.now() - startedMs).toBeLessThan(500)
    for (const caller of callers) caller.close()
  })

  it('ends what a start that failed halfway had opened', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const api = createFakeResourceClient()
    const ca = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() })
    const clock = createFakeClock()
    const ports = { secureGrpc: 0, monitoring: (taken.address() as AddressInfo).port, telemetry: 0 }
    const options = { client: api, ca, authenticators: [], address: '127.0.0.1', ports, dnsNames: ['istiod'], version: 'test' }
    const controlPlane = createControlPlane(options, { clock, logger: createMemoryLogger() })
    await expect(controlPlane.start()).rejects.toMatchObject({ code: 'HEDDLE_CONTROL_PLANE_LISTEN' })
    await controlPlane.close()
    expect(clock.pendingTimers()).toBe(0)
    await ca.close()
    taken.close()
  })

  it('renews its own certificate at half of the life that the authority gives it', async () => {
    const clock = createFakeClock()
    const lifetimes = { defaultTtlSeconds: 3600, maxTtlSeconds: 3600 }
    const ca = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore(), ...lifetimes }, { clock })
    const ports = { secureGrpc: 0, monitoring: 0, telemetry: 0 }
    const options = { client: createFakeResourceClient(), ca, authenticators: [], address: '127.0.0.1', ports }
    const controlPlane = createControlPlane({ ...options, dnsNames: ['istiod'], version: 'test' }, { clock, logger: createMemoryLogger() })
    const { secureGrpc } = await controlPlane.start()
    const serialShown = async (): Promise<string | undefined> => {
      const socket = connect({
        host: '127.0.0.1',
        port: secureGrpc,
        servername: 'istiod',
        rejectUnauthorized: false,
        ALPNProtocols: ['h2'],
      })
      await once(socket, 'secureConnect')
      const serial = socket.getPeerX509Certificate()?.serialNumber
      socket.destroy()
      return serial
    }
    const first = await serialShown()
    clock.advance(29 * 60_000)
    await expect.poll(serialShown).toBe(first)
    clock.advance(60_000)
    await expect.poll(serialShown).not.toBe(first)
    await controlPlane.close()
    await ca.close()
  })

  it('gives a start up that waits for an API which never answers', async () => {
    const api = createFakeResourceClient()
    const silent = { ...api, watch: () => ({ list: () => [], get: () => undefined, isSynced: false, close: async () => undefined }) }
    const ca = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() })
    const ports = { secureGrpc: 0, monitoring: 0, telemetry: 0 }
    const controlPlane = createControlPlane({
      client: silent as never,
      ca,
      authenticators: [],
      address: '127.0.0.1',
      ports,
      dnsNames: ['istiod'],
      version: 'test',
    })
    const stop = new AbortController()
    const started = controlPlane.start(stop.signal)
    stop.abort(new Error('SIGTERM'))
    await expect(started).rejects.toThrow('SIGTERM')
    await controlPlane.close()
    await ca.close()
  })
})
