/** Details of routing and balancing that are easily lost: host rewriting by endpoint, panic, and how long a connection is used. */
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { createTestCa } from '@heddle/ca/testing'
import { expect, test, vi } from 'vitest'
import type { Cluster, Listener } from '@heddle/routing'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, listen, startProxy, staticCluster } from './harness.js'

const keep = keepOpen()

const get = 'GET / HTTP/1.1\r\nHost: asked\r\nConnection: close\r\n\r\n'

test('an endpoint that has a name is asked by it where the route says so, each try anew', async () => {
  const app = keep(await httpUpstream((incoming, outgoing) => outgoing.end(`host ${incoming.headers.host}`)))
  const gone = await httpUpstream(() => {})
  gone.close()
  const endpoint = (port: number, hostname?: string) => ({ address: { address: '127.0.0.1', port }, ...(hostname ? { hostname } : {}) })
  const cluster = (...endpoints: readonly ReturnType<typeof endpoint>[]): Cluster =>
    staticCluster('app', [], { loadAssignment: { clusterName: 'app', localities: [{ endpoints }] } })
  const retryPolicy = { retryOn: 'connect-failure', numRetries: 1, previousHosts: true, hostSelectionRetryMaxAttempts: 3 }
  const hostSeen = async (made: Cluster, more = {}): Promise<string> => {
    const front = keep(
      await startProxy(config(httpListener([anyRoute(action('app', { autoHostRewrite: true, retryPolicy, ...more }))]), [made])),
    )
    return (await exchange(front.port, get)).split('\r\n\r\n')[1] as string
  }
  expect(await hostSeen(cluster(endpoint(app.port, 'app.example')))).toBe('host app.example')
  expect(await hostSeen(cluster(endpoint(app.port)))).toBe('host asked')
  expect(await hostSeen(cluster(endpoint(app.port, 'app.example')), { autoHostRewrite: false })).toBe('host asked')
  expect(await hostSeen(cluster(endpoint(app.port, 'app.example')), { hostRewriteLiteral: 'written' })).toBe('host written')
  for (let round = 0; round < 4; round++)
    expect(await hostSeen(cluster(endpoint(gone.port, 'gone.example'), endpoint(app.port, 'app.example')))).toBe('host app.example')
})

test('when too many endpoints are ejected all are used again, unless the threshold of panic is 0', async () => {
  const failing = keep(await httpUpstream((_, outgoing) => outgoing.writeHead(503).end()))
  const outlierDetection = { consecutive5xx: 1, maxEjectionPercent: 100, baseEjectionTimeMs: 60_000 }
  const statuses = async (healthyPanicThreshold: number | undefined): Promise<readonly string[]> => {
    const more = { outlierDetection, ...(healthyPanicThreshold === undefined ? {} : { commonLb: { healthyPanicThreshold } }) }
    const front = keep(await startProxy(config(httpListener([anyRoute(action('app'))]), [staticCluster('app', [failing.port], more)])))
    const answers = [await exchange(front.port, get), await exchange(front.port, get)]
    return answers.map((answer) => (answer.includes('no healthy upstream') ? 'none' : 'asked'))
  }
  expect(await statuses(undefined)).toEqual(['asked', 'asked'])
  expect(await statuses(0)).toEqual(['asked', 'none'])
})

test('a connection carries as many requests as the cluster says', async () => {
  let connections = 0
  const app = keep(await httpUpstream((_, outgoing) => outgoing.end('ok')))
  app.server.on('connection', () => connections++)
  const cluster = staticCluster('app', [app.port], { http: { protocol: 'http1', maxRequestsPerConnection: 2 } })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('app'))]), [cluster])))
  for (let round = 0; round < 6; round++) expect(await exchange(front.port, get)).toMatch(/ok$/)
  expect(connections).toBe(3)
})

test('TLS is passed through by its server name, and the client sees the certificate of whoever serves', async () => {
  const ca = createTestCa()
  const served = async (host: string): Promise<number> => {
    const { chainPem, keyPem } = ca.issue('spiffe://unused', { fields: { altNames: { dnsNames: [host] } } })
    const server = createTlsServer({ cert: chainPem, key: keyPem }, (socket) => void socket.on('error', () => {}).end(host))
    return keep(await listen(server)).port
  }
  const chain = (name: string, cluster: string) =>
    ({
      name,
      match: { serverNames: [name] },
      filters: [{ kind: 'tcp-proxy', proxy: { statPrefix: name, target: { kind: 'cluster', cluster } } }],
    }) as const
  const listener: Listener = {
    name: 'passthrough',
    address: { address: '127.0.0.1', port: 0 },
    trafficDirection: 'outbound',
    listenerFilters: [{ kind: 'tls-inspector' }],
    filterChains: [chain('a.test', 'a'), chain('*.b.test', 'b')],
  }
  const clusters = [staticCluster('a', [await served('a.test')]), staticCluster('b', [await served('x.b.test')])]
  const front = keep(await startProxy(config(listener, clusters)))
  const ask = (servername: string): Promise<string> =>
    new Promise((resolve) => {
      let text = ''
      const socket = connectTls({ port: front.port, host: '127.0.0.1', servername, ca: ca.rootPem })
      socket.on('data', (data) => (text += data.toString()))
      socket.on('error', () => {}).on('close', () => resolve(text))
    })
  expect(await ask('a.test')).toBe('a.test')
  expect(await ask('X.b.test')).toBe('x.b.test')
  expect(await ask('c.test')).toBe('')
  await vi.waitUntil(() => front.connections.some(({ details }) => details === 'filter_chain_not_found'))
})
