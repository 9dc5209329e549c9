import { createServer } from 'node:net'
import { createFakeClock, type FakeClock } from '@heddle/base/testing'
import { type ApplyIssue, type BindTarget, createProxy, type Proxy } from '@heddle/proxy-core'
import type { Listener } from '@heddle/routing'
import { expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, exchange, httpListener, httpUpstream, staticCluster } from './harness.js'

const keep = keepOpen()

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

/** A program that has a port until it is closed. */
async function otherProgram(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  return { port, close: () => new Promise((resolve) => void server.close(() => resolve())) }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const program = await otherProgram()
  await program.close()
  return program.port
}

function listener(name: string, port: number): Listener {
  return { ...httpListener([anyRoute(action('u'))]), name, address: { address: '127.0.0.1', port } }
}

interface Front {
  readonly proxy: Proxy
  readonly clock: FakeClock
  readonly recovered: ApplyIssue[]
  readonly apply: (...listeners: readonly Listener[]) => ReturnType<Proxy['apply']>
}

async function started(bind?: (listener: Listener) => readonly BindTarget[]): Promise<Front> {
  const upstream = keep(await httpUpstream((_, outgoing) => void outgoing.end('served')))
  const clock = createFakeClock()
  const recovered: ApplyIssue[] = []
  const proxy = keep(createProxy(undefined, { clock, onRecovered: (issues) => recovered.push(...issues), ...(bind ? { bind } : {}) }))
  await proxy.start()
  const clusters = [staticCluster('u', [upstream.port])]
  return { proxy, clock, recovered, apply: (...listeners) => proxy.apply({ listeners, routeConfigurations: [], clusters, endpoints: [] }) }
}

const names = (proxy: Proxy): readonly string[] => proxy.listeners().map(({ name }) => name)

test('a listener whose port is taken is refused by name, its neighbour opens, and it opens once the port is free', async () => {
  const program = keep(await otherProgram())
  const { proxy, clock, recovered, apply } = await started()
  const [good, bad] = [listener('good', 0), listener('bad', program.port)]
  const message = `listener "bad" cannot bind 127.0.0.1:${program.port}: EADDRINUSE`
  const issues = [{ code: 'HEDDLE_PROXY_LISTEN', kind: 'listener', name: 'bad', message }]
  expect(await apply(bad, good)).toEqual({ kind: 'applied-in-part', issues })
  expect(names(proxy)).toEqual(['good'])
  expect(proxy.configDump().listeners.map(({ name }) => name)).toEqual(['good'])
  expect(await exchange(proxy.listeners()[0]!.port, get)).toMatch(/served$/)
  await program.close()
  await expect
    .poll(() => {
      clock.advance(500)
      return names(proxy)
    })
    .toEqual(['good', 'bad'])
  expect(await exchange(program.port, get)).toMatch(/served$/)
  expect(recovered).toMatchObject([{ name: 'bad' }])
  expect(proxy.refused()).toEqual([])
})

test('a listener that cannot move keeps its old address and its connections, and nobody else gets them', async () => {
  const program = keep(await otherProgram())
  const { proxy, apply } = await started()
  const port = await freePort()
  await apply(listener('mover', port))
  expect(await apply(listener('heir', port), listener('mover', program.port))).toMatchObject({
    kind: 'applied-in-part',
    issues: [
      { name: 'heir', message: expect.stringContaining('is served by listener "mover"') as string },
      { name: 'mover', message: expect.stringContaining('EADDRINUSE') as string },
    ],
  })
  expect(names(proxy)).toEqual(['mover'])
  expect(proxy.configDump().listeners).toMatchObject([{ name: 'mover', address: { port } }])
  expect(await exchange(port, get)).toMatch(/served$/)
})

test('one address of several that is taken is reported while the others serve', async () => {
  const program = keep(await otherProgram())
  const port = await freePort()
  const { proxy, apply } = await started(() => [port, program.port].map((bound) => ({ address: '127.0.0.1', port: bound })))
  expect(await apply(listener('edge', 80))).toMatchObject({ kind: 'applied-in-part', issues: [{ name: 'edge' }] })
  expect(await exchange(port, get)).toMatch(/served$/)
  expect(proxy.refused()).toMatchObject([{ name: 'edge', kind: 'listener' }])
})

const sharedAddress = ({ address }: Listener): readonly BindTarget[] => [{ ...address, shared: true }]

test('a shared address that another process has is waited for, and served as soon as it is free', async () => {
  const program = keep(await otherProgram())
  const { proxy, clock, apply } = await started(sharedAddress)
  expect(await apply(listener('edge', program.port))).toEqual({ kind: 'applied' })
  expect(names(proxy)).toEqual([])
  clock.advance(100)
  // A configuration that comes while it waits is the one that is served.
  expect(await apply({ ...listener('edge', program.port), filterChains: listener('newer', 0).filterChains })).toEqual({ kind: 'applied' })
  expect(proxy.refused()).toEqual([])
  await program.close()
  await expect
    .poll(() => {
      clock.advance(100)
      return names(proxy)
    })
    .toEqual(['edge'])
  expect(await exchange(program.port, get)).toMatch(/served$/)
})

test('a shared address passes from proxy to proxy', async () => {
  const [first, second] = [await started(sharedAddress), await started(sharedAddress)]
  const port = await freePort()
  expect(await first.apply(listener('edge', port))).toEqual({ kind: 'applied' })
  expect(await second.apply(listener('edge', port))).toEqual({ kind: 'applied' })
  await first.proxy.drain({ deadlineMs: 0 })
  await expect
    .poll(() => {
      second.clock.advance(100)
      return names(second.proxy)
    })
    .toEqual(['edge'])
  expect(await exchange(port, get)).toMatch(/served$/)
})

test('a shared address is not waited for when no listener wants it any more, or it cannot be had at all', async () => {
  const program = keep(await otherProgram())
  const { proxy, clock, apply } = await started(sharedAddress)
  await apply(listener('edge', program.port))
  expect(await apply()).toEqual({ kind: 'applied' })
  await program.close()
  clock.advance(1000)
  expect(await apply()).toEqual({ kind: 'applied' })
  expect(names(proxy)).toEqual([])
  const elsewhere = { ...listener('elsewhere', program.port), address: { address: '192.0.2.1', port: program.port } }
  expect(await apply(elsewhere)).toMatchObject({
    issues: [{ name: 'elsewhere', message: expect.stringContaining('EADDRNOTAVAIL') as string }],
  })
})

test('a second listener of one name is refused and the first serves', async () => {
  const { proxy, apply } = await started()
  expect(await apply(listener('twice', 0), listener('twice', 0))).toMatchObject({
    issues: [{ message: 'listener "twice" is there twice' }],
  })
  expect(names(proxy)).toEqual(['twice'])
})

test('a listener that is refused and then removed is forgotten', async () => {
  const program = keep(await otherProgram())
  const { proxy, apply } = await started()
  await apply(listener('bad', program.port))
  expect(await apply()).toEqual({ kind: 'applied' })
  expect(proxy.refused()).toEqual([])
})
