/** What embedders may give to a proxy. Everything has a default that does what the configuration says. */
import type { Clock, Logger, Random } from '@heddle/base'
import type { Cluster, CompileRegex, LbEndpoint, Listener, SecretSource } from '@heddle/routing'
import type { ApplyIssue } from './config/apply-issue.js'
import type { OriginalDestination } from './listener/original-destination.js'
import type { ProxyFilter } from './filters/proxy-filter.js'
import type { Telemetry } from './telemetry.js'
import type { DialTarget } from './transport/dial-target.js'

/** Where a listener really listens, and how its connections' original destination is known. */
export interface BindTarget {
  readonly address: string
  /** 0: a free port. */
  readonly port: number
  /** Absent: the address that was bound. */
  readonly original?: OriginalDestination
  /**
   * Other processes serve it too, one at a time: while another one holds it, it is waited for and the listener is not refused.
   * Default: false.
   */
  readonly shared?: boolean
}

export interface ProxyDeps {
  /** Default: the system's. */
  readonly clock?: Clock
  /** Balancing, ids, back-off. Default: the system's. */
  readonly random?: Random
  /** Default: silent. */
  readonly logger?: Logger
  /** Certificates and roots by name. The caller owns it. Default: none. */
  readonly secrets?: SecretSource
  /** A linear-time engine; without one a configuration with regular expressions is refused. */
  readonly compileRegex?: CompileRegex
  /** Default: nothing is recorded. */
  readonly telemetry?: Telemetry
  /**
   * Whether HTTP/1.0 is served where a connection manager's `acceptHttp10` is absent; else such requests are answered with
   * 426. Default: true; Envoy's default, and so Istio's, is false.
   */
  readonly acceptsHttp10?: boolean
  /** Filters of the embedder, in order. */
  readonly filters?: readonly ProxyFilter[]
  /** How long a connection may take to show its protocol before it goes on as TCP. Default: 10 s. */
  readonly detectionDeadlineMs?: number
  /** For TLS handshakes and PROXY headers. Default: 10 s. */
  readonly handshakeDeadlineMs?: number
  /**
   * The lowest speed of a request's body, in bytes a second on average, looked at from its 10th second on; time in which the
   * upstream does not take more is not counted. A slower one is answered with 408 and flag `SI`. 0: none. Default: 240 at an
   * edge (`useRemoteAddress`), none elsewhere. Envoy has none.
   */
  readonly minBodyRate?: number
  /** Bytes of a request's body kept while no upstream takes them and for retries. Default: 1 MiB. */
  readonly maxBufferedBytes?: number
  /** Connections of the whole proxy; more are closed at once. Default: 10,000. */
  readonly maxConnections?: number
  /** Default: the listener's address, unless `bindToPort` is false. An empty list: nothing is bound. */
  readonly bind?: (listener: Listener) => readonly BindTarget[]
  /** Told of resources that were refused and are in force now, without a new configuration: a port became free. */
  readonly onRecovered?: (resources: readonly ApplyIssue[]) => void
  /** Default: the endpoint's address. */
  readonly dial?: (cluster: Cluster, endpoint: LbEndpoint) => DialTarget
  /** Host names of explicit proxying; undefined: unknown (502). `forbidden`: nobody is let there (403). Default: IP addresses only. */
  readonly resolveName?: (host: string, port: number) => { readonly address: string; readonly port: number } | 'forbidden' | undefined
  /** Addresses of a DNS cluster's host. Default: the system's resolver. */
  readonly resolveDns?: (hostname: string) => Promise<readonly string[]>
}
