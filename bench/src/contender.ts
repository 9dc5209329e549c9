/** Who takes part in a benchmark, between what, and with which duty. */
import type { Credentials } from './credentials.js'

/** `bare`: forward to one cluster, no log. `mesh`: what a sidecar does on every request. */
export type Duty = 'bare' | 'mesh'

/** What the connections speak, on both sides of a proxy. */
export type Protocol = 'http1' | 'http2' | 'tcp'

/** One proxy on the way from the load to the upstream. */
export interface Hop {
  readonly name: string
  readonly protocol: Protocol
  /** Where it listens, on 127.0.0.1. */
  readonly ports: readonly number[]
  /** Where it finds its upstream, on 127.0.0.1. A mesh balances over all of them, others take the first. */
  readonly upstreamPorts: readonly number[]
  /** Demands a certificate of the mesh from its clients. */
  readonly isTlsIn: boolean
  /** Shows its own to its upstream. */
  readonly isTlsOut: boolean
}

/** What a contender needs to make its configuration. */
export interface Site {
  /** In the order of a request's way; the load meets the first port of the first. */
  readonly hops: readonly Hop[]
  /** For its files; removed afterwards. */
  readonly folder: string
  /** Undefined where no hop has TLS. */
  readonly credentials: Credentials | undefined
}

/** One process of a contender, which is ready when it listens on the port. */
export interface Launch {
  readonly command: readonly string[]
  readonly port: number
}

export interface Contender {
  readonly name: string
  readonly duty: Duty
  /** A rival that does not start is told and left out. */
  readonly isRival: boolean
  /** Undefined: not installed. */
  version(): string | undefined
  /** Writes the configuration. @throws when a rival cannot do what the site asks. */
  prepare(site: Site): readonly Launch[]
}

/** The requested virtual host: of fifty, one in the middle, so that neither first nor last place helps. */
export const requestedService = 25
export const requestHost: string = `service-${requestedService}.bench.svc.cluster.local`

/** Its last route is the one that matches. */
export const requestPath = '/items/42?view=full'

export const requestHeaders: readonly (readonly [name: string, value: string])[] = [
  ['Host', requestHost],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'],
  ['Accept', 'application/json, text/plain;q=0.9, */*;q=0.8'],
  ['Accept-Encoding', 'gzip, deflate, br'],
  ['Accept-Language', 'en-US,en;q=0.7'],
  ['Authorization', 'Bearer 0123456789abcdef0123456789abcdef'],
  ['X-Tenant', 'bench'],
  ['Cookie', 'session=0123456789abcdef0123456789abcdef; theme=dark'],
]

/** The columns of Istio's JSON access log, in Envoy's command language. */
export const accessLogFields: Readonly<Record<string, string>> = {
  start_time: '%START_TIME%',
  route_name: '%ROUTE_NAME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  authority: '%REQ(:AUTHORITY)%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
}

/** Fifty services of a mesh; each has two weighted versions. */
export const serviceCount = 50
export const versionWeights: readonly (readonly [version: string, weight: number])[] = [
  ['v1', 90],
  ['v2', 10],
]
export const retryOn = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes'
export const hostsOf = (service: number): readonly string[] => [
  `service-${service}.bench.svc.cluster.local`,
  `service-${service}.bench.svc`,
  `service-${service}.bench`,
  `service-${service}`,
]
export const clusterName = (service: number, version: string): string => `outbound|80|${version}|service-${service}.bench.svc.cluster.local`
