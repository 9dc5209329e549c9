/** Conditions of a match that are decided at translation: who the client is, through which gateway, on which port. */
import { resolveGateway } from '../host/gateway-name.js'
import { isSubset, type Labels } from '../snapshot/workload.js'

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

/** `gateways`, when given, replaces the conditions on the source. */
export function sourceMatches(match: SourceConditions, owner: string, context: RouteContext): boolean {
  if (match.port && match.port !== context.port) return false
  if (match.gateways?.length) return match.gateways.some((gateway) => context.gateways.has(resolveGateway(gateway, owner)))
  if (!isSubset(match.sourceLabels, context.labels)) return false
  return !match.sourceNamespace || match.sourceNamespace === context.namespace
}
