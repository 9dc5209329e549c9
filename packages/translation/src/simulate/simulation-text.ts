/** A simulation in sentences, for terminals and for the failures of tests. */
import type { FaultInjection, HeaderMutations } from '@heddle/routing'
import { blackHole } from '../cluster/cluster-name.js'
import type { ResourceReference } from '../issue/translation-issue.js'
import type { RuleOrigin } from '../route/rule-trace.js'
import { percentOf } from './http-outcome.js'
import type { Backend, BackendEndpoint, ForwardedRequest, RuleStep, Simulation } from './simulation.js'

/** Where a field of a resource is written, such as `routes.yaml:12:5`; undefined when it is not known. */
export type Locate = (resource: ResourceReference, path: string) => string | undefined

export function simulationText(simulation: Simulation, locate: Locate = () => undefined): string {
  const lines = [
    ...head(simulation),
    ...way(simulation),
    ...ruleLines(simulation, locate),
    ...outcomeLines(simulation),
    ...simulation.notes.map((note) => `Note: ${note}`),
    ...simulation.issues.map(
      ({ severity, resource, path, message }) =>
        `${severity === 'error' ? 'Error' : 'Warning'}: ${resource.kind} ${resource.namespace}/${resource.name}${path === undefined ? '' : ` ${path}`}: ${message}`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

function head({ client, request, destination }: Simulation): readonly string[] {
  const { method, scheme, authority, path, serverName } = request
  const isHttp = scheme === 'http' || scheme === 'https'
  const asked = isHttp ? `${method} ${scheme}://${authority}${path ?? ''}` : `${scheme}://${destination.host}:${destination.port}`
  const who =
    client.kind === 'gateway'
      ? `a client outside, through gateway ${client.name}.${client.namespace}`
      : client.kind === 'outside'
        ? 'a client without a sidecar'
        : `${client.name}.${client.namespace}`
  const service =
    destination.service === undefined
      ? ''
      : ` (service ${destination.service}${destination.address === undefined ? '' : `, ${destination.address}:${destination.port}`})`
  return [`${asked}`, `  from ${who}${serverName === undefined ? '' : `, server name ${serverName}`}${service}`]
}

function way({ listener, filterChains, routeConfiguration, virtualHost }: Simulation): readonly string[] {
  const chosen = filterChains.find(({ refused }) => refused === undefined)
  return [
    ...(listener === undefined ? [] : [`Listener       ${listener}`]),
    ...(chosen === undefined ? [] : [`Filter chain   ${chosen.name}`]),
    ...filterChains
      .filter(({ refused }) => refused !== undefined)
      .map(({ name, refused }) => `               not ${name}: ${refused ?? ''}`),
    ...(routeConfiguration === undefined ? [] : [`Routes         ${routeConfiguration}`]),
    ...(virtualHost === undefined ? [] : [`Virtual host   ${virtualHost.name}`]),
  ]
}

function ruleLines({ rules, rule, virtualHost }: Simulation, locate: Locate): readonly string[] {
  const chosen =
    rule === undefined
      ? virtualHost === undefined
        ? []
        : ['Rule           none of a VirtualService']
      : [`Rule           ${originText(rule, locate)}`]
  return [
    ...chosen,
    ...rules
      .filter(({ refused }) => refused !== undefined)
      .map((step) => `               not ${stepText(step, locate)}: ${step.refused ?? ''}`),
  ]
}

function stepText({ origin, name }: RuleStep, locate: Locate): string {
  return origin === undefined ? `route ${name}` : originText(origin, locate)
}

function originText({ resource, path, name }: RuleOrigin, locate: Locate): string {
  const place = locate(resource, path)
  return `${resource.kind} ${resource.namespace}/${resource.name} ${path}${name === undefined ? '' : ` "${name}"`}${place === undefined ? '' : ` (${place})`}`
}

function outcomeLines({ outcome }: Simulation): readonly string[] {
  switch (outcome.kind) {
    case 'refused':
      return [`Answer         ${outcome.status === 0 ? 'the connection is closed' : outcome.status}: ${outcome.reason}`]
    case 'redirect':
      return [`Answer         ${outcome.status}, location ${outcome.location}`]
    case 'direct-response':
      return [`Answer         ${outcome.status}${outcome.body === undefined ? '' : `, body ${JSON.stringify(outcome.body)}`}`]
    case 'tcp':
      return outcome.backends.flatMap(backendLines)
    case 'forwarded':
      return [...outcome.backends.flatMap(backendLines), ...forwardedLines(outcome)]
  }
}

function backendLines(backend: Backend): readonly string[] {
  const { cluster, share, host, port, subset, subsetLabels, destinationRule, endpoints } = backend
  const labels = Object.entries(subsetLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const where =
    host === undefined
      ? cluster
      : `${host}:${port ?? ''}${subset === undefined ? '' : ` subset ${subset}${labels.length === 0 ? '' : ` (${labels.join(', ')})`}`}`
  return [
    `Backend  ${rounded(share).padStart(4)}%  ${where}${troubleOf(backend)}`,
    ...(destinationRule === undefined ? [] : [`               policy of DestinationRule ${destinationRule}`]),
    ...endpoints.flatMap(endpointLines),
  ]
}

function troubleOf({ exists, type, cluster, endpoints }: Backend): string {
  if (!exists) return ' - there is no such cluster: 503'
  if (cluster === blackHole) return ' - the connection is closed'
  if (type === 'ORIGINAL_DST') return ' - to where the connection was going'
  return endpoints.length === 0 ? ' - no endpoint: 503' : ''
}

function endpointLines(endpoint: BackendEndpoint): readonly string[] {
  const { address, port, workload, healthy, clientTls, inbound, priority } = endpoint
  const state = [...(healthy === false ? ['unhealthy'] : []), ...(priority === 0 ? [] : [`priority ${priority}`])]
  const policy = inbound?.policy === undefined ? '' : ` (PeerAuthentication ${inbound.policy})`
  return [
    `               ${address}:${port}${workload === undefined ? '' : ` ${workload}`}${state.length === 0 ? '' : ` [${state.join(', ')}]`}`,
    `                 ${clientTls.mode === 'mutual' ? 'mutual TLS' : clientTls.mode === 'tls' ? 'TLS' : 'plaintext'}: ${clientTls.reason}`,
    ...(inbound === undefined ? [] : [`                 ${inbound.accepted ? 'accepted' : 'REFUSED'}: ${inbound.reason}${policy}`]),
  ]
}

function forwardedLines(outcome: ForwardedRequest): readonly string[] {
  const { timeoutMs, retries, path, authority, headers, mirrors, fault, cors } = outcome
  return [
    `Timeout        ${timeoutMs === 0 ? 'none' : `${timeoutMs} ms`}`,
    `Retries        ${retries === undefined ? 'none' : `${retries.attempts} on ${retries.on}${retries.perTryTimeoutMs === undefined ? '' : `, ${retries.perTryTimeoutMs} ms each`}`}`,
    `Asked as       ${authority}${path}`,
    ...headerLines(headers),
    ...mirrors.map(({ cluster, percent }) => `Mirror         ${rounded(percent)}% to ${cluster}`),
    ...faultLines(fault),
    ...(cors === undefined ? [] : ['CORS           preflights are answered by the proxy']),
  ]
}

function headerLines(headers: HeaderMutations | undefined): readonly string[] {
  if (headers === undefined) return []
  const changes = (['request', 'response'] as const).flatMap((side) => [
    ...(headers[`${side}Add`] ?? []).map(
      ({ key, value, append }) => `${side}: ${append === 'APPEND_IF_EXISTS_OR_ADD' ? 'add' : 'set'} ${key}: ${value}`,
    ),
    ...(headers[`${side}Remove`] ?? []).map((name) => `${side}: remove ${name}`),
  ])
  return changes.map((change) => `Header         ${change}`)
}

function faultLines(fault: FaultInjection | undefined): readonly string[] {
  const { delay, abort } = fault ?? {}
  return [
    ...(delay === undefined ? [] : [`Fault          ${rounded(percentOf(delay.percentage))}% wait ${delay.fixedDelayMs ?? 0} ms`]),
    ...(abort === undefined
      ? []
      : [`Fault          ${rounded(percentOf(abort.percentage))}% get ${abort.httpStatus ?? `grpc-status ${abort.grpcStatus ?? ''}`}`]),
  ]
}

function rounded(percent: number): string {
  return String(Math.round(percent * 100) / 100)
}
