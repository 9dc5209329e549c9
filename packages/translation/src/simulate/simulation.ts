/** What becomes of a simulated request, and why: data for programs; `simulationText` makes sentences of it. */
import type { CorsPolicy, FaultInjection, HeaderMutations } from '@heddle/routing'
import type { TranslationIssue } from '../issue/translation-issue.js'
import type { RuleOrigin } from '../route/rule-trace.js'
import type { EffectiveMode } from '../tls/mutual-tls-mode.js'
import type { Labels } from '../snapshot/workload.js'

export interface Simulation {
  readonly client: SimulatedClient
  readonly request: {
    readonly method: string
    readonly scheme: string
    readonly authority: string
    /** As routes see it, after normalization; undefined: it is refused. */
    readonly path: string | undefined
    readonly port: number
    /** Of a connection over TLS. */
    readonly serverName?: string
  }
  /** Where the connection was made to; the address is undefined where only DNS knows it. */
  readonly destination: { readonly host: string; readonly service?: string; readonly address: string | undefined; readonly port: number }
  /** Undefined for a client without a proxy. */
  readonly listener: string | undefined
  readonly filterChains: readonly ChainStep[]
  readonly routeConfiguration?: string
  readonly virtualHost?: { readonly name: string; readonly domains: readonly string[] }
  /** In the order in which they are tried, those that are left out on this port behind them. */
  readonly rules: readonly RuleStep[]
  /** The rule that the request met; absent: the default route of a service, or none at all. */
  readonly rule?: RuleOrigin
  readonly outcome: SimulatedOutcome
  /** What a reader might not expect. */
  readonly notes: readonly string[]
  /** What is wrong with the resources that take part. */
  readonly issues: readonly TranslationIssue[]
}

export interface SimulatedClient {
  readonly kind: 'workload' | 'gateway' | 'outside'
  readonly name: string
  readonly namespace: string
  readonly labels: Labels
}

export interface ChainStep {
  readonly name: string
  /** Absent for the one that was chosen. */
  readonly refused?: string
}

export interface RuleStep {
  /** Undefined for the routes that are made without a VirtualService. */
  readonly origin: RuleOrigin | undefined
  readonly name: string
  /** Absent for the one that matched. */
  readonly refused?: string
}

export type SimulatedOutcome =
  | ForwardedRequest
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'direct-response'; readonly status: number; readonly body?: string }
  /** Bytes, or TLS that is not opened. */
  | { readonly kind: 'tcp'; readonly backends: readonly Backend[]; readonly idleTimeoutMs?: number }
  /** The proxy answers by itself. `status` 0: the connection is closed. */
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }

export interface ForwardedRequest {
  readonly kind: 'forwarded'
  readonly backends: readonly Backend[]
  /** As the backend is asked. */
  readonly path: string
  readonly authority: string
  /** Milliseconds; 0: none. */
  readonly timeoutMs: number
  /** Undefined: it is never tried again. */
  readonly retries: { readonly attempts: number; readonly on: string; readonly perTryTimeoutMs?: number } | undefined
  readonly headers?: HeaderMutations
  readonly mirrors: readonly { readonly cluster: string; readonly percent: number }[]
  readonly fault?: FaultInjection
  readonly cors?: CorsPolicy
}

export interface Backend {
  readonly cluster: string
  /** Percent of the requests, 0 to 100. */
  readonly share: number
  /** False: there is no such cluster, so the request gets 503. */
  readonly exists: boolean
  readonly type?: string
  readonly host?: string
  readonly port?: number
  readonly subset?: string
  readonly subsetLabels?: Labels
  /** The DestinationRule whose policy holds. */
  readonly destinationRule?: string
  readonly authority?: string
  readonly headers?: HeaderMutations
  readonly endpoints: readonly BackendEndpoint[]
}

export interface BackendEndpoint {
  readonly address: string
  readonly port: number
  /** Absent: nobody watches its health. */
  readonly healthy?: boolean
  /** `NAME.NAMESPACE`, where it is known. */
  readonly workload?: string
  /** 0 is the highest. */
  readonly priority: number
  readonly weight: number
  readonly clientTls: ClientTls
  readonly inbound?: InboundVerdict
}

export interface ClientTls {
  /** `mutual`: with the mesh's certificates; `tls`: as a DestinationRule says it. */
  readonly mode: 'plaintext' | 'mutual' | 'tls'
  readonly reason: string
}

/** What the proxy of the destination makes of the connection. */
export interface InboundVerdict {
  readonly accepted: boolean
  readonly mode: EffectiveMode
  /** The PeerAuthentication that says so; absent: the default, PERMISSIVE. */
  readonly policy?: string
  readonly filterChain?: string
  readonly reason: string
  /** Whether AuthorizationPolicies let the request in is not simulated yet. */
  readonly authorization: 'not-simulated'
}
