/** Routes that no VirtualService wrote: to the service that was called, to the app behind the proxy, or anywhere. */
import type { Route, VirtualHost } from '@heddle/routing'
import { outboundName, passthrough } from '../cluster/cluster-name.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import type { MeshPort, MeshService } from '../snapshot/mesh-service.js'
import { hashPolicy } from './hash-policy.js'
import { retryPolicy } from './retry-policy.js'
import { everything } from './route-match.js'

export function defaultServiceRoute(view: ProxyView, service: MeshService, port: MeshPort): Route {
  const hash = hashPolicy(view, service, '', port.number)
  const retries = retryPolicy(undefined, hash !== undefined)
  return {
    name: 'default',
    match: everything,
    action: {
      kind: 'route',
      target: { kind: 'cluster', cluster: outboundName(port.number, '', service.host) },
      timeoutMs: 0,
      maxGrpcTimeoutMs: 0,
      ...(retries === undefined ? {} : { retryPolicy: retries }),
      ...(hash === undefined ? {} : { hashPolicy: [hash] }),
    },
    operation: `${service.host}:${port.number}/*`,
  }
}

/** HTTP/2 streams are not tried again towards the app: its refusals are answers. */
export function inboundRoute(cluster: string, operation: string, http2: boolean): Route {
  return {
    name: 'default',
    match: everything,
    action: {
      kind: 'route',
      target: { kind: 'cluster', cluster },
      timeoutMs: 0,
      maxStreamDuration: { maxStreamDurationMs: 0, grpcTimeoutHeaderMaxMs: 0 },
      ...(http2 ? {} : { retryPolicy: { retryOn: 'reset-before-request', numRetries: 2 } }),
    },
    operation: `${operation}/*`,
  }
}

/** Requests to hosts that the mesh does not know: on to where they were going, or refused. */
export function unknownHosts(allowAny: boolean): VirtualHost {
  const name = allowAny ? 'allow_any' : 'block_all'
  const action: Route['action'] = allowAny
    ? { kind: 'route', target: { kind: 'cluster', cluster: passthrough }, timeoutMs: 0, maxGrpcTimeoutMs: 0 }
    : { kind: 'direct-response', status: 502 }
  return { name, domains: ['*'], includeRequestAttemptCount: true, routes: [{ name, match: everything, action }] }
}
