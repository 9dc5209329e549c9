/** networking.istio.io VirtualService, as far as translation reads it; every served version has this shape. */
import type { ObjectMeta } from './kubernetes.js'

/** At most one of them is set; none of them asks only for presence. */
export interface StringMatch {
  readonly exact?: string
  readonly prefix?: string
  readonly regex?: string
}

export interface Destination {
  readonly host: string
  readonly subset?: string
  readonly port?: { readonly number?: number }
}

export interface HeaderOperations {
  readonly set?: Readonly<Record<string, string>>
  readonly add?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

export interface Headers {
  readonly request?: HeaderOperations
  readonly response?: HeaderOperations
}

export interface Percent {
  readonly value?: number
}

export interface HttpMatchRequest {
  readonly name?: string
  readonly uri?: StringMatch
  readonly scheme?: StringMatch
  readonly method?: StringMatch
  readonly authority?: StringMatch
  readonly headers?: Readonly<Record<string, StringMatch>>
  readonly withoutHeaders?: Readonly<Record<string, StringMatch>>
  readonly queryParams?: Readonly<Record<string, StringMatch>>
  readonly port?: number
  readonly sourceLabels?: Readonly<Record<string, string>>
  readonly sourceNamespace?: string
  readonly gateways?: readonly string[]
  readonly ignoreUriCase?: boolean
}

export interface RouteDestination {
  readonly destination: Destination
  readonly weight?: number
}

export interface HttpRouteDestination extends RouteDestination {
  readonly headers?: Headers
}

export interface HttpRedirect {
  readonly uri?: string
  readonly prefixRewrite?: string
  readonly authority?: string
  readonly scheme?: string
  readonly redirectCode?: number
  readonly port?: number
  readonly derivePort?: 'FROM_PROTOCOL_DEFAULT' | 'FROM_REQUEST_PORT'
}

export interface HttpRetry {
  readonly attempts?: number
  readonly perTryTimeout?: string
  readonly retryOn?: string
  readonly retryRemoteLocalities?: boolean | null
  readonly retryIgnorePreviousHosts?: boolean | null
  readonly backoff?: string
}

export interface HttpFaultInjection {
  readonly delay?: { readonly fixedDelay?: string; readonly percentage?: Percent; readonly percent?: number }
  readonly abort?: { readonly httpStatus?: number; readonly grpcStatus?: string; readonly percentage?: Percent }
}

export interface CorsPolicySpec {
  readonly allowOrigins?: readonly StringMatch[]
  readonly allowOrigin?: readonly string[]
  readonly allowMethods?: readonly string[]
  readonly allowHeaders?: readonly string[]
  readonly exposeHeaders?: readonly string[]
  readonly maxAge?: string
  readonly allowCredentials?: boolean | null
  readonly unmatchedPreflights?: 'UNSPECIFIED' | 'FORWARD' | 'IGNORE'
}

export interface HttpRoute {
  readonly name?: string
  readonly match?: readonly HttpMatchRequest[]
  readonly route?: readonly HttpRouteDestination[]
  readonly delegate?: { readonly name?: string; readonly namespace?: string }
  readonly redirect?: HttpRedirect
  readonly directResponse?: { readonly status: number; readonly body?: { readonly string?: string; readonly bytes?: string } }
  readonly rewrite?: {
    readonly uri?: string
    readonly authority?: string
    readonly uriRegexRewrite?: { readonly match?: string; readonly rewrite?: string }
  }
  readonly timeout?: string
  readonly retries?: HttpRetry
  readonly fault?: HttpFaultInjection
  readonly mirror?: Destination
  readonly mirrorPercentage?: Percent
  readonly mirrorPercent?: number | null
  readonly mirror_percent?: number | null
  readonly mirrors?: readonly { readonly destination: Destination; readonly percentage?: Percent }[]
  readonly corsPolicy?: CorsPolicySpec
  readonly headers?: Headers
}

/** The conditions that tcp and tls matches share. */
export interface L4Match {
  readonly destinationSubnets?: readonly string[]
  readonly port?: number
  readonly sourceLabels?: Readonly<Record<string, string>>
  readonly sourceNamespace?: string
  readonly gateways?: readonly string[]
}

export interface TlsMatch extends L4Match {
  readonly sniHosts?: readonly string[]
}

export interface TlsRoute {
  readonly match?: readonly TlsMatch[]
  readonly route?: readonly RouteDestination[]
}

export interface TcpRoute {
  readonly match?: readonly L4Match[]
  readonly route?: readonly RouteDestination[]
}

export interface VirtualService {
  readonly apiVersion?: string
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly hosts?: readonly string[]
    readonly gateways?: readonly string[]
    readonly http?: readonly HttpRoute[]
    readonly tls?: readonly TlsRoute[]
    readonly tcp?: readonly TcpRoute[]
    readonly exportTo?: readonly string[]
  }
}
