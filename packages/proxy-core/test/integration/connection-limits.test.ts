import type { ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { expect, test } from 'vitest'
import { createSeededRandom } from '@heddle/base/testing'
import { responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import {
  action,
  anyRoute,
  config,
  exchange,
  httpListener,
  httpUpstream,
  listen,
  rawUpstream,
  startProxy,
  staticCluster,
} from './harness.js'

const keep = keepOpen()

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const statusOf = (answer: string): string => answer.slice(9, 12)
const oneConnection = { circuitBreakers: { maxConnections: 1 } }

test('a refused connection fails everybody who waited for it, and nobody waits for ever', async () => {
  const gone = await listen(createTcpServer())
  gone.close()
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [gone.port], oneConnection)])))
  const answers = await Promise.all([1, 2, 3].map(() => exchange(front.port, get)))
  expect(answers.map(statusOf)).toEqual(['503', '503', '503'])
  expect(front.proxy.stats().clusters[0]).toMatchObject({ activeRequests: 0, activeConnections: 0 })
})

test('a pool that lost its last connection makes another one, whatever other pools hold', async () => {
  const closing = async () =>
    keep(
      await rawUpstream((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')),
      ),
    )
  const ports = [(await closing()).port, (await closing()).port]
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', ports, oneConnection)])))
  const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(front.port, get)))
  expect(answers.map(statusOf)).toEqual(Array(8).fill('200'))
})

test('a slot that one pool frees goes to another that waits', async () => {
  const held: ServerResponse[] = []
  const slow = keep(await httpUpstream((_, outgoing) => void held.push(outgoing)))
  const closing = keep(await httpUpstream((_, outgoing) => void outgoing.setHeader('connection', 'close').end()))
  const cluster = staticCluster('u', [slow.port, closing.port], { circuitBreakers: { maxConnections: 3 } })
  const front = keep(
    await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster]), { random: { ...createSeededRandom(1), next: () => 0 } }),
  )
  // Round robin: three at the slow one, of which one connection more than its own pool's first fits beside the other's.
  const answers = Array.from({ length: 6 }, () => exchange(front.port, get))
  await expect.poll(() => held.length).toBe(3)
  for (const outgoing of held) outgoing.end()
  expect((await Promise.all(answers)).map(statusOf)).toEqual(Array(6).fill('200'))
})

test('breakers and pool settings of a new configuration hold for endpoints that are already in use', async () => {
  const held: ServerResponse[] = []
  const upstream = keep(await httpUpstream((incoming, outgoing) => void (incoming.url === '/hold' ? held.push(outgoing) : outgoing.end())))
  const withCluster = (more: object) => config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port], more)])
  const front = keep(await startProxy(withCluster({})))
  await exchange(front.port, get)
  await front.proxy.apply(withCluster({ circuitBreakers: { maxConnections: 1, maxPendingRequests: 1 } }))
  const hold = get.replace('/ ', '/hold ')
  const answers = Array.from({ length: 5 }, () => exchange(front.port, hold))
  await expect.poll(() => front.requests.filter(({ flags }) => flags === flag.UO).length).toBe(3)
  await expect
    .poll(() => {
      held.shift()?.end()
      return front.requests.length
    })
    .toBe(6)
  expect((await Promise.all(answers)).map(statusOf).toSorted()).toEqual(['200', '200', '503', '503', '503'])
})

test('pending requests are counted for the whole cluster, not for each endpoint', async () => {
  const held: ServerResponse[] = []
  const slow = async () => keep(await httpUpstream((_, outgoing) => void held.push(outgoing)))
  const ports = [(await slow()).port, (await slow()).port]
  const cluster = staticCluster('u', ports, { circuitBreakers: { maxConnections: 2, maxPendingRequests: 1 } })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
  const first = exchange(front.port, get)
  await expect.poll(() => held.length).toBe(1)
  const second = exchange(front.port, get)
  await expect.poll(() => held.length).toBe(2)
  const rest = [1, 2].map(() => exchange(front.port, get))
  await expect.poll(() => front.requests.length).toBe(1)
  expect(front.requests[0]).toMatchObject({ status: 503, flags: flag.UO })
  await expect
    .poll(() => {
      held.shift()?.end()
      return front.requests.length
    })
    .toBe(4)
  await Promise.all([first, second, ...rest])
})
