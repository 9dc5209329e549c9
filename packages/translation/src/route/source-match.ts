/** Conditions of a match that are decided at translation: who the client is, through which gateway, on which port. */
import { resolveGateway } from '../host/gateway-name.js'
import type { Labels } from '../snapshot/workload.js'

export interface RouteContext {
  /** `mesh` in sidecars, else the gateways (`NAMESPACE/NAME`) that the listener serves. */
  readonly gateways: ReadonlySet<string>
  readonly port: number
  /** Whether clients speak TLS to the server: redirects without a scheme stay on https. Absent: no. */
  readonly secure?: boolean
  readonly labels: Labels
  readonly namespace: string
}

export interface SourceConditions {
  readonly port?: number
  readonly sourceLabels?: Labels
  readonly sourceNamespace?: string
  readonly gateways?: readonly string[]
}

export function sourceMatches(match: SourceConditions, owner: string, context: RouteContext): boolean {
  return sourceRefusal(match, owner, context) === undefined
}

/** Why the conditions do not hold; `gateways`, when given, replaces those on the source. */
export function sourceRefusal(match: SourceConditions, owner: string, context: RouteContext): string | undefined {
  if (match.port && match.port !== context.port) return `it is for port ${match.port}, this is port ${context.port}`
  if (match.gateways?.length) {
    const held = match.gateways.some((gateway) => context.gateways.has(resolveGateway(gateway, owner)))
    return held ? undefined : `it is for gateways ${match.gateways.join(', ')}, this is ${[...context.gateways].join(', ')}`
  }
  for (const [key, value] of Object.entries(match.sourceLabels ?? {})) {
    const own = context.labels[key]
    if (own !== value)
      return `it is for clients with ${key}=${value}, this one has ${own === undefined ? 'no such label' : `${key}=${own}`}`
  }
  if (!match.sourceNamespace || match.sourceNamespace === context.namespace) return undefined
  return `it is for clients in namespace ${match.sourceNamespace}, this one is in ${context.namespace}`
}
