/** The connection manager of requests that an explicit proxy took and whose destination has none: all of them go to one cluster. */
import type { ManagerRuntime } from './exchange-deps.js'
import { createRouteSet } from './route-set.js'

export function singleClusterManager(cluster: string): ManagerRuntime {
  const routeConfiguration = {
    name: cluster,
    virtualHosts: [
      {
        name: cluster,
        domains: ['*'],
        routes: [
          {
            match: { path: { kind: 'prefix', value: '/' } },
            action: { kind: 'route', target: { kind: 'cluster', cluster }, timeoutMs: 0 },
          },
        ],
      },
    ],
  } as const
  const routes = createRouteSet(routeConfiguration, undefined)
  const config = {
    statPrefix: cluster,
    routes: { kind: 'inline', routeConfiguration },
    httpFilters: [{ kind: 'router' }],
    streamIdleTimeoutMs: 0,
  } as const
  return {
    config,
    routes: () => routes,
    overridesAlpn: false,
    activeRequests: { count: 0, total: 0 },
    routeFilters: [],
    activeFaults: { count: 0 },
  }
}
