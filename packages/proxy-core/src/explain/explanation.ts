/** What would become of a request, and why: the answer of `explain`. */
import type { Route } from '@heddle/routing'
import type { EndpointStats } from '../stats.js'

export interface ExplainRequest {
  /** Name of the listener. Default: the first one. */
  readonly listener?: string
  /** Default: `GET`. */
  readonly method?: string
  /** With query. Default: `/`. */
  readonly path?: string
  readonly authority: string
  readonly headers?: Readonly<Record<string, string>>
  /** What the client meant to reach. Default: the listener's address. */
  readonly originalDestination?: { readonly address: string; readonly port: number }
  /** Default: 127.0.0.1. */
  readonly sourceAddress?: string
  /** Of a connection over TLS. Default: plaintext. */
  readonly tls?: { readonly serverName?: string; readonly protocols?: readonly string[] }
}

/** One rule that was looked at. */
export interface RuleStep {
  /** Of the rule, or its place in the list: `#0`. */
  readonly name: string
  /** Why it was passed over; absent for the one that was chosen. */
  readonly refused?: string
}

export interface Explanation {
  readonly listener: string
  /** In the order of the configuration; more than one may have been refused only for being less specific. */
  readonly filterChains: readonly RuleStep[]
  /** As the routes see it, after normalization; undefined: it is refused. */
  readonly path: string | undefined
  readonly virtualHost: string | undefined
  /** The routes of that host, up to the one that was chosen. */
  readonly routes: readonly RuleStep[]
  readonly outcome: ExplainedOutcome
}

export type ExplainedOutcome =
  | { readonly kind: 'refused'; readonly status: number; readonly details: string }
  /** Not HTTP: the bytes go to these clusters. */
  | { readonly kind: 'tcp'; readonly clusters: readonly ExplainedCluster[] }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string; readonly route: Route }
  | { readonly kind: 'direct-response'; readonly status: number; readonly route: Route }
  | ForwardedOutcome

export interface ForwardedOutcome {
  readonly kind: 'forwarded'
  readonly route: Route
  /** As the upstream is asked. */
  readonly path: string
  readonly clusters: readonly ExplainedCluster[]
  /** Milliseconds; 0: none. */
  readonly timeoutMs: number
  /** Where the timeout comes from. */
  readonly timeoutFrom: 'route' | 'default'
  /** Undefined: it is never tried again. */
  readonly retries: { readonly on: string; readonly max: number; readonly perTryTimeoutMs: number } | undefined
  /** Clusters that get a copy. */
  readonly mirrors: readonly string[]
}

export interface ExplainedCluster {
  readonly name: string
  /** Percent of the requests. */
  readonly share: number
  /** Whether there is such a cluster. */
  readonly isKnown: boolean
  readonly endpoints: readonly EndpointStats[]
}
