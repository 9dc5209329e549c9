/** The rows of the lists that need a script of their own: slow peers, early answers, upgrades, connections that die between requests. */
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createFakeClock, type FakeClock } from '@heddle/base/testing'
import { fieldsOf, playClient, startStrictUpstream, type StrictUpstream, type WireMessage, type WireStep } from '@heddle/testing'
import { action, anyRoute, config, httpListener, rawUpstream, startProxy, staticCluster, type TestProxy } from '../integration/harness.js'
import { keepOpen } from '../keep-open.js'
import { scenarioIds, sharedCases } from './case-list.js'

const keep = keepOpen()

const ran = new Set<string>()
/** A test of one row; its number stands in front of its name. */
const row = (id: string, title: string, run: () => Promise<void>): void => {
  ran.add(id)
  test(`${id}: ${title}`, run)
}

interface Stage {
  readonly upstream: StrictUpstream
  readonly front: TestProxy
  readonly dial: () => Socket
}

async function stage(more: Parameters<typeof httpListener>[1] = {}, deps: Parameters<typeof startProxy>[1] = {}): Promise<Stage> {
  const upstream = keep(await startStrictUpstream())
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))], more), [staticCluster('u', [upstream.port])]), deps))
  return { upstream, front, dial: () => connect({ port: front.port, host: '127.0.0.1', allowHalfOpen: true }) }
}

const send = (bytes: string): WireStep => ({ kind: 'send', bytes })
const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

/** A client whose end and text can be asked for while it lives. */
function observe(socket: Socket): { text: string; ended: boolean } {
  const seen = { text: '', ended: false }
  keep({ close: () => socket.destroy() })
  socket.on('data', (data) => (seen.text += data.toString('latin1')))
  socket.on('error', () => {})
  socket.on('end', () => (seen.ended = true))
  socket.on('close', () => (seen.ended = true))
  return seen
}

/** Moves the clock in steps of a second, with what `each` does between them, until `done` or `seconds` are over. */
async function passTime(clock: FakeClock, seconds: number, each: () => void, done: () => boolean): Promise<number> {
  let passed = 0
  while (passed < seconds && !done()) {
    each()
    // The bytes cross the kernel first.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => void setImmediate(resolve))
    clock.advance(1000)
    passed++
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => void setImmediate(resolve))
  }
  return passed
}

row('289', 'a client that says nothing is closed at the idle deadline, without a word', async () => {
  const clock = createFakeClock()
  const { front, dial } = await stage({}, { clock })
  const seen = observe(dial())
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(1)
  expect(
    await passTime(
      clock,
      400,
      () => {},
      () => seen.ended,
    ),
  ).toBeLessThanOrEqual(301)
  await expect.poll(() => seen.ended).toBe(true)
  expect(seen.text).toBe('')
})

row('290', 'bytes do not move the deadline of a head', async () => {
  const clock = createFakeClock()
  const { front, upstream, dial } = await stage({ useRemoteAddress: true }, { clock })
  const socket = dial()
  const seen = observe(socket)
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(1)
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nX: ')
  const drip = (): void => void (socket.writable && socket.write('x'))
  expect(await passTime(clock, 60, drip, () => seen.text !== '')).toBeLessThanOrEqual(11)
  await expect.poll(() => seen.text).toMatch(/^HTTP\/1\.1 408 [^]*connection: close/)
  expect(upstream.take().bytes).toBe(0)
})

row('291', 'a body that stands still is cut at its idle deadline', async () => {
  const clock = createFakeClock()
  const { front, upstream, dial } = await stage({ useRemoteAddress: true, streamIdleTimeoutMs: 30_000 }, { clock })
  const socket = dial()
  const seen = observe(socket)
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(1)
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx')
  await expect.poll(() => upstream.unfinished).toBe(1)
  await passTime(
    clock,
    120,
    () => {},
    () => seen.ended,
  )
  await expect.poll(() => seen.ended).toBe(true)
  await expect.poll(() => upstream.unfinished).toBe(0)
  expect(seen.text).toMatch(/^($|HTTP\/1\.1 408 )/)
})

row('293', 'an early answer reaches the client, and neither connection carries another request', async () => {
  // The strict server answers whole requests only: this one answers at the first bytes.
  const bare = keep(await startEarlyAnswerer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [bare.port])])))
  const outcome = await playClient(connect({ port: front.port, host: '127.0.0.1', allowHalfOpen: true }), {
    steps: [send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nxxxx')],
  })
  expect(outcome.answers.map(({ status, body }) => [status, body])).toEqual([[200, 'ok']])
  expect(outcome.end).toBe('fin')
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeConnections).toBe(0)
})

row('297', 'a body that was announced and refused is never read as a request', async () => {
  const bare = keep(await startEarlyAnswerer('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n'))
  const listener = httpListener([anyRoute(action('u'))], { proxy100Continue: true })
  const front = keep(await startProxy(config(listener, [staticCluster('u', [bare.port])])))
  const outcome = await playClient(connect({ port: front.port, host: '127.0.0.1', allowHalfOpen: true }), {
    steps: [
      send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 35\r\n\r\n'),
      { kind: 'pause', ms: 30 },
      send(smuggled),
    ],
  })
  expect(outcome.answers.map(({ status }) => status)).toEqual([417])
  expect(outcome.end).toBe('fin')
  expect(bare.text()).not.toContain('smuggled')
})

for (const token of ['foo', 'websocket']) {
  row('308', `bytes behind a refused upgrade to ${token} are the next request`, async () => {
    const { upstream, dial, front } = await stage({ upgradeTypes: ['websocket'] })
    const outcome = await playClient(dial(), {
      steps: [send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${token}\r\n\r\n${smuggled}`)],
      isDone: (answers) => answers.length === 2,
      patienceMs: 500,
    })
    const { requests, faults } = upstream.take()
    expect(faults).toEqual([])
    expect(outcome.answers[0]).toMatchObject({ status: 200, body: '/ ' })
    if (outcome.answers.length === 2) expect(outcome.answers[1]).toMatchObject({ status: 200, body: '/smuggled ' })
    else expect(outcome.end).toBe('fin')
    expect(requests.length).toBe(outcome.answers.length)
    expect(front.requests).toHaveLength(requests.length)
  })
}

row('U60', 'an answer that nobody asked for ends the pooled connection in silence', async () => {
  const { upstream, dial, front } = await stage()
  const sockets: Socket[] = []
  upstream.answerWith((socket) => {
    sockets.push(socket)
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const ask = () => playClient(dial(), { steps: [send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')] })
  await ask()
  sockets[0]?.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n')
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeConnections).toBe(0)
  expect((await ask()).answers[0]).toMatchObject({ status: 200, body: 'ok' })
  expect(upstream.accepted).toBe(2)
})

row('U66', 'a switch to another protocol than the one asked for is 502', async () => {
  const { upstream, dial } = await stage({ upgradeTypes: ['websocket'] })
  upstream.answerWith((socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n'))
  const outcome = await playClient(dial(), {
    steps: [send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')],
    isDone: (answers) => answers.length === 1,
  })
  expect(outcome.answers.map(({ status }) => status)).toEqual([502])
})

row('U82', 'a head of an answer that drips ends at the deadline of the route', async () => {
  const upstream = keep(await startStrictUpstream())
  let drip: Socket | undefined
  upstream.answerWith((socket) => {
    drip = socket
    socket.write('HTTP/1.1 200 OK\r\nX: ')
  })
  const clock = createFakeClock()
  const route = anyRoute(action('u', { timeoutMs: 15_000 }))
  const front = keep(await startProxy(config(httpListener([route]), [staticCluster('u', [upstream.port])]), { clock }))
  const socket = connect({ port: front.port, host: '127.0.0.1' })
  const seen = observe(socket)
  socket.write(get)
  await expect.poll(() => drip !== undefined).toBe(true)
  const passed = await passTime(
    clock,
    60,
    () => void (drip?.writable && drip.write('x')),
    () => seen.text !== '',
  )
  expect(passed).toBeLessThanOrEqual(16)
  expect(seen.text).toMatch(/^HTTP\/1\.1 504 /)
})

row('U83', 'an answer to a body that is still going out is not lost', async () => {
  for (let round = 0; round < 5; round++) {
    const bare = keep(await startEarlyAnswerer('HTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', true))
    const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [bare.port])])))
    const outcome = await playClient(connect({ port: front.port, host: '127.0.0.1', allowHalfOpen: true }), {
      steps: [send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n'), ...Array<WireStep>(20).fill(send('x'.repeat(20_000)))],
    })
    expect(outcome.answers.map(({ status }) => status)).toEqual([413])
  }
})

for (const [id, method, body] of [
  ['U84', 'POST', 'Content-Length: 2\r\n\r\nhi'],
  ['U85', 'GET', '\r\n'],
] as const) {
  row(id, `a reused connection that is reset under a ${method}`, async () => {
    const { upstream, dial, front } = await stage()
    const ask = (bytes: string) => playClient(dial(), { steps: [send(bytes)], isDone: (answers) => answers.length === 1 })
    await ask(get)
    let resets = 0
    upstream.answerWith((socket: Socket, request: WireMessage) => {
      if (resets++ === 0) socket.resetAndDestroy()
      else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${request.method === 'HEAD' ? '' : 'ok'}`)
    })
    const { answers } = await ask(`${method} / HTTP/1.1\r\nHost: a\r\n${body}`)
    expect(answers[0]?.status).toBe(method === 'POST' ? 503 : 200)
    expect(upstream.take().requests).toHaveLength(method === 'POST' ? 2 : 3)
    expect(upstream.accepted).toBe(method === 'POST' ? 1 : 2)
    expect(front.requests.at(-1)?.status).toBe(answers[0]?.status)
    expect(fieldsOf(answers[0] as WireMessage, 'content-length')).toHaveLength(1)
  })
}

test('every row of the lists that needs a script has one', () => {
  expect([...ran].toSorted()).toEqual([...scenarioIds].toSorted())
})

test.skipIf(sharedCases === undefined)('the rows that need a script are in the shared list', () => {
  const ids = new Set(sharedCases?.map(({ id }) => id))
  expect(scenarioIds.filter((id) => !ids.has(id))).toEqual([])
})

/** Answers the first bytes of each connection, whole request or not. @param hangsUp with FIN behind the answer. */
async function startEarlyAnswerer(answer: string, hangsUp = false): Promise<{ port: number; text(): string; close(): void }> {
  let text = ''
  const upstream = await rawUpstream((socket) => {
    socket.on('end', () => socket.end())
    socket.once('data', () => {
      if (hangsUp) socket.end(answer)
      else socket.write(answer)
    })
    socket.on('data', (data) => (text += data.toString('latin1')))
  })
  return { port: upstream.port, text: () => text, close: () => upstream.close() }
}
