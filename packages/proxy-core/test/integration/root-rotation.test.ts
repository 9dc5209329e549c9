/** T41: a rotation of the root in three steps between two proxies, with requests on the way at each moment. */
import { connect } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import { createTestCa } from '@heddle/ca/testing'
import type { CommonTlsContext, FilterChain, Listener } from '@heddle/routing'
import { expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, startProxy, staticCluster } from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'

const keep = keepOpen()

const common: CommonTlsContext = {
  certificates: [{ name: 'default', source: 'agent' }],
  validation: { roots: { name: 'ROOTCA', source: 'agent' }, matchSubjectAltNames: [{ kind: 'prefix', value: 'spiffe://td1/' }] },
}

/** Requests one after the other over one connection until `stop`. @returns how many were answered, and how many with anything but 200. */
function ask(port: number): { stop(): Promise<{ readonly answered: number; readonly failed: number }> } {
  const request = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
  const socket = connect(port, '127.0.0.1')
  let [text, answered, failed, isStopping] = ['', 0, 0, false]
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.on('error', () => failed++)
  socket.on('connect', () => socket.write(request))
  socket.on('data', (data) => {
    text += data.toString('latin1')
    if (!text.endsWith('hello')) return
    answered++
    if (!text.startsWith('HTTP/1.1 200 ')) failed++
    text = ''
    if (isStopping) socket.end()
    else socket.write(request)
  })
  return {
    async stop() {
      isStopping = true
      await ended
      return { answered, failed: failed + (text === '' ? 0 : 1) }
    },
  }
}

test('T41: trust both, issue from the new, drop the old: no request fails', async () => {
  const clock = createFakeClock(Date.now())
  const [before, after] = [createTestCa({ trustDomain: 'td1', clock }), createTestCa({ trustDomain: 'td1', clock })]
  const [server, client] = ['spiffe://td1/ns/a/sa/server', 'spiffe://td1/ns/a/sa/client']
  const inner = secretsOf(certificate(before.issue(server)), roots(before.rootPem, 'td1'))
  const outer = secretsOf(certificate(before.issue(client)), roots(before.rootPem, 'td1'))
  const app = keep(await httpUpstream((_, outgoing) => void outgoing.end('hello')))
  const http = httpListener([anyRoute(action('app'))])
  const tls: NonNullable<FilterChain['tls']> = { common, requireClientCertificate: true }
  const strict: Listener = { ...http, filterChains: http.filterChains.map((chain) => ({ ...chain, tls })) }
  const accepting = keep(await startProxy(config(strict, [staticCluster('app', [app.port])]), { secrets: inner, clock }))
  const cluster = staticCluster('mesh', [accepting.port], { transportSocket: { kind: 'tls', tls: { common } } })
  const dialling = keep(await startProxy(config(httpListener([anyRoute(action('mesh'))]), [cluster]), { secrets: outer, clock }))

  const load = Array.from({ length: 8 }, () => ask(dialling.port))
  /** Live connections are looked at, and new ones are made beside them. */
  const pass = async (): Promise<void> => {
    for (let seconds = 0; seconds < 70; seconds += 2) {
      clock.advance(2000)
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect(await exchange(dialling.port, 'GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 .*hello$/s)
    }
  }
  await pass()
  // The two sides get each step one after the other, in either order.
  const bothPem = before.rootPem + after.rootPem
  inner.put(roots(bothPem, 'td1'))
  await pass()
  outer.put(roots(bothPem, 'td1'))
  await pass()
  outer.put(certificate(after.issue(client)))
  await pass()
  inner.put(certificate(after.issue(server)))
  await pass()
  // Those under the old root are to be replaced while both are still trusted: the taint that the control plane pushes.
  for (const secrets of [inner, outer])
    secrets.put({ ...roots(bothPem, 'td1'), taintedRootsPem: before.rootPem } as ReturnType<typeof roots>)
  await pass()
  outer.put(roots(after.rootPem, 'td1'))
  await pass()
  inner.put(roots(after.rootPem, 'td1'))
  await pass()
  const totals = await Promise.all(load.map((one) => one.stop()))
  expect(totals.reduce((sum, { failed }) => sum + failed, 0)).toBe(0)
  expect(totals.reduce((sum, { answered }) => sum + answered, 0)).toBeGreaterThan(100)
}, 60_000)
