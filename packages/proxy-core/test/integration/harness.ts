/** Configurations and peers for tests on real sockets: everything on 127.0.0.1 and free ports. */
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http'
import type { Cluster, HttpConnectionManager, Listener, ProxyConfig, Route, RouteAction } from '@heddle/routing'
import { createProxy, type ConnectionRecord, type Proxy, type ProxyDeps, type RequestRecord } from '@heddle/proxy-core'

export interface RecordedRequest {
  readonly status: number
  readonly flags: number
  readonly details: string | undefined
  readonly cluster: string | undefined
  readonly attempts: number
  readonly upstreamHost: string | undefined
}

export interface TestProxy {
  readonly proxy: Proxy
  readonly port: number
  readonly requests: RecordedRequest[]
  readonly connections: {
    readonly flags: number
    readonly details: string | undefined
    readonly cluster: string | undefined
    readonly reason: string | undefined
  }[]
  close(): Promise<void>
}

export function action(cluster: string, more: Partial<RouteAction> = {}): RouteAction {
  return { kind: 'route', target: { kind: 'cluster', cluster }, timeoutMs: 0, ...more }
}

export function anyRoute(routeAction: Route['action'], more: Partial<Route> = {}): Route {
  return { match: { path: { kind: 'prefix', value: '/' } }, action: routeAction, ...more }
}

export function manager(routes: readonly Route[], more: Partial<HttpConnectionManager> = {}): HttpConnectionManager {
  return {
    statPrefix: 'test',
    routes: { kind: 'inline', routeConfiguration: { name: 'test', virtualHosts: [{ name: 'all', domains: ['*'], routes }] } },
    httpFilters: [{ kind: 'router' }],
    serverName: 'istio-envoy',
    streamIdleTimeoutMs: 0,
    ...more,
  }
}

export function httpListener(routes: readonly Route[], more: Partial<HttpConnectionManager> = {}): Listener {
  return {
    name: 'test',
    address: { address: '127.0.0.1', port: 0 },
    trafficDirection: 'inbound',
    filterChains: [{ filters: [{ kind: 'http-connection-manager', manager: manager(routes, more) }] }],
  }
}

export function staticCluster(name: string, ports: readonly number[], more: Partial<Cluster> = {}): Cluster {
  return {
    name,
    type: 'STATIC',
    connectTimeoutMs: 2000,
    loadAssignment: { clusterName: name, localities: [{ endpoints: ports.map((port) => ({ address: { address: '127.0.0.1', port } })) }] },
    ...more,
  }
}

export function config(listener: Listener, clusters: readonly Cluster[]): ProxyConfig {
  return { listeners: [listener], routeConfigurations: [], clusters, endpoints: [] }
}

export async function startProxy(proxyConfig: ProxyConfig, deps: ProxyDeps = {}): Promise<TestProxy> {
  const requests: RecordedRequest[] = []
  const connections: TestProxy['connections'] = []
  const proxy = createProxy(proxyConfig, {
    ...deps,
    telemetry: deps.telemetry ?? {
      onRequestComplete: (record: RequestRecord) =>
        void requests.push({
          status: record.responseCode,
          flags: record.responseFlags,
          details: record.responseCodeDetails,
          cluster: record.clusterName,
          attempts: record.attempts.length,
          upstreamHost: record.upstreamHost,
        }),
      onConnectionComplete: (record: ConnectionRecord) =>
        void connections.push({
          flags: record.responseFlags,
          details: record.responseCodeDetails,
          cluster: record.clusterName,
          reason: record.connectionTerminationDetails,
        }),
    },
  })
  await proxy.start()
  return { proxy, port: proxy.listeners()[0]?.port ?? 0, requests, connections, close: () => proxy.close() }
}

export interface Upstream {
  readonly port: number
  readonly server: Server
  close(): void
}

export async function listen(server: Server): Promise<Upstream> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

export function httpUpstream(handler: RequestListener): Promise<Upstream> {
  const server: HttpServer = createServer(handler)
  return listen(server)
}

/** An upstream that collects raw bytes and answers by script. */
export function rawUpstream(onConnection: (socket: Socket) => void): Promise<Upstream> {
  return listen(createTcpServer({ allowHalfOpen: true }, onConnection))
}

/** Sends bytes and collects what comes until `until` holds or the connection ends. */
export function exchange(
  port: number,
  bytes: string,
  options: { readonly until?: (answer: string) => boolean; readonly end?: boolean } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(bytes, 'latin1')
      if (options.end) socket.end()
    })
    socket.setTimeout(5000, () => {
      socket.destroy()
      reject(new Error(`no end of the answer; so far: ${JSON.stringify(answer.slice(0, 500))}`))
    })
    socket.on('data', (data) => {
      answer += data.toString('latin1')
      if (options.until?.(answer)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('close', () => resolve(answer))
  })
}
