/** Listeners and clusters for the plain case, without spelling out the whole model. What they make is ordinary configuration. */
import { HeddleError } from '@heddle/base'
import type { Cluster, Listener, Route } from '@heddle/routing'

export interface HttpListenerOptions {
  /** Default: `http`. */
  readonly name?: string
  /** Default: `127.0.0.1`. */
  readonly address?: string
  /** 0: a free one. */
  readonly port: number
  /** Path prefixes and the clusters that serve them; the first that matches decides. Or whole routes. */
  readonly routes: Readonly<Record<string, string>> | readonly Route[]
}

/** An HTTP listener for every host. WebSocket upgrades pass. */
export function httpListener({ name = 'http', address = '127.0.0.1', port, routes }: HttpListenerOptions): Listener {
  const list = Array.isArray(routes)
    ? (routes as readonly Route[])
    : Object.entries(routes).map(([prefix, cluster]) => routeOf(prefix, cluster))
  const routeConfiguration = { name, virtualHosts: [{ name: 'all', domains: ['*'], routes: list }] }
  const manager = {
    statPrefix: name,
    routes: { kind: 'inline', routeConfiguration },
    httpFilters: [{ kind: 'fault' }, { kind: 'cors' }, { kind: 'router' }],
    upgradeTypes: ['websocket'],
  } as const
  return {
    name,
    address: { address, port },
    trafficDirection: 'unspecified',
    filterChains: [{ filters: [{ kind: 'http-connection-manager', manager }] }],
  }
}

function routeOf(prefix: string, cluster: string): Route {
  return { match: { path: { kind: 'prefix', value: prefix } }, action: { kind: 'route', target: { kind: 'cluster', cluster } } }
}

/** A cluster of endpoints that are known: `ADDRESS:PORT`, IPv6 in brackets. @throws HEDDLE_PROXY_CONFIG for another form. */
export function staticCluster(name: string, endpoints: readonly string[]): Cluster {
  const members = endpoints.map((text) => {
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
    if (match === null) throw new HeddleError({ code: 'HEDDLE_PROXY_CONFIG', message: `"${text}" is not ADDRESS:PORT`, origin: 'user' })
    return { address: { address: (match[1] ?? match[2]) as string, port: Number(match[3]) } }
  })
  return { name, type: 'STATIC', loadAssignment: { clusterName: name, localities: [{ endpoints: members }] } }
}
