/**
 * Which backend gets this request, and why: the configuration that the client's proxy is given (`translate`), and the choices
 * that the proxy makes with it (`@heddle/routing`), without sending anything.
 */
import {
  isMisdirected,
  withoutPort,
  type CompileRegex,
  type FilterChain,
  type Listener,
  type NetworkFilter,
  type RouteRequest,
} from '@heddle/routing'
import { gatewayListenerPort } from '../gateway/gateway-servers.js'
import { createProxyView, type ProxyView } from '../proxy/proxy-view.js'
import { createRuleTrace, type RuleTrace } from '../route/rule-trace.js'
import { portOf, type MeshService } from '../snapshot/mesh-service.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import { translateView, type Translation } from '../translate.js'
import { createIssueCollector } from '../issue/translation-issue.js'
import { backendsOf } from './backends.js'
import { findAsker, type Asker } from './client-node.js'
import { listenerAt, placeConnection, type OpenedConnection } from './connection.js'
import { findDestination, similarHost, someOutsideAddress, type Destination } from './destination.js'
import { httpOutcome, type HttpPart } from './http-outcome.js'
import { linearRegex } from './linear-regex.js'
import { parseTarget } from './parse-target.js'
import { simulateOutside } from './outside.js'
import type { ParsedTarget, SimulatedRequest } from './simulated-request.js'
import type { Simulation } from './simulation.js'

export interface SimulateOptions {
  /** Default: RE2 in JavaScript, as the sidecar has it. */
  readonly compileRegex?: CompileRegex
  /** Whether the client's proxy answers names, so that ServiceEntries without addresses have some. Default: false. */
  readonly answersNames?: boolean
}

/**
 * @throws HEDDLE_TRANSLATION_REQUEST, HEDDLE_TRANSLATION_UNKNOWN_WORKLOAD, HEDDLE_TRANSLATION_UNKNOWN_GATEWAY,
 * HEDDLE_TRANSLATION_UNKNOWN_HOST, HEDDLE_TRANSLATION_UNKNOWN_PORT: the request itself makes no sense in this mesh; the message
 * says what there is.
 */
export function simulate(snapshot: MeshSnapshot, request: SimulatedRequest, options: SimulateOptions = {}): Simulation {
  const target = parseTarget(request.url, hostHeader(request.headers))
  const asker = findAsker(snapshot, request.from, request.namespace ?? 'default')
  if (asker.node === undefined) return simulateOutside(snapshot, asker, request, target)
  const trace = createRuleTrace()
  const view = createProxyView(snapshot, { ...asker.node, answersNames: options.answersNames ?? false }, trace)
  const translation = translateView(view)
  const run = { snapshot, request, target, asker, trace, view, translation, compileRegex: options.compileRegex ?? linearRegex }
  return asker.kind === 'gateway' ? throughGateway(run) : throughSidecar(run)
}

interface Run {
  readonly snapshot: MeshSnapshot
  readonly request: SimulatedRequest
  readonly target: ParsedTarget
  readonly asker: Asker
  readonly trace: RuleTrace
  readonly view: ProxyView
  readonly translation: Translation
  readonly compileRegex: CompileRegex
}

/** Where a connection arrives at the client's proxy. */
interface Arrival {
  readonly destination: Destination
  readonly listener: Listener | undefined
  /** Of the listener. */
  readonly port: number
  /** That rules are about. */
  readonly rulePort: number
}

function throughSidecar(run: Run): Simulation {
  const { view, target, translation } = run
  const destination = findDestination(view, target)
  const address = destination.address ?? someOutsideAddress
  const listener =
    listenerAt(translation.config, address, target.port) ??
    translation.config.listeners.find(({ useOriginalDst }) => useOriginalDst === true)
  return simulated(run, { destination, listener, port: target.port, rulePort: target.port })
}

/** The client of a gateway asks for the Gateway's port; the workload may listen on another. */
function throughGateway(run: Run): Simulation {
  const { view, target, translation } = run
  const port = gatewayListenerPort(view, target.port)
  const listener = port === undefined ? undefined : translation.config.listeners.find(({ address }) => address.port === port)
  const destination = { host: target.host, service: undefined, isVisible: true, address: undefined }
  return simulated(run, { destination, listener, port: port ?? target.port, rulePort: target.port })
}

function simulated(run: Run, arrival: Arrival): Simulation {
  const { asker, target, translation, snapshot } = run
  const { destination, listener } = arrival
  const common = {
    client: { kind: asker.kind, name: asker.name, namespace: asker.namespace, labels: asker.labels },
    destination: {
      host: destination.host,
      ...(destination.service === undefined ? {} : { service: destination.service.host }),
      address: destination.address,
      port: target.port,
    },
    notes: notesOf(run, arrival),
  }
  if (listener === undefined) {
    const outcome = { kind: 'refused', status: 0, reason: `nothing listens on port ${target.port}${offered(run)}` } as const
    return { ...common, request: requestPart(run, target.path), listener: undefined, filterChains: [], rules: [], outcome, issues: [] }
  }
  const { chain, steps } = placeConnection(listener, opened(run, arrival))
  const { path, ...part } = chainPart(run, arrival, chain)
  const result = { ...common, request: requestPart(run, path), listener: listener.name, filterChains: steps, ...part }
  const issues = createIssueCollector()
  for (const issue of [...snapshot.issues, ...translation.issues]) if (takesPart(result, issue.resource)) issues.add(issue)
  return { ...result, issues: issues.issues }
}

function opened({ target, request, asker }: Run, { destination, port }: Arrival): OpenedConnection {
  const isTls = target.scheme === 'https' || target.scheme === 'tls'
  const protocols = target.scheme === 'https' ? ['h2', 'http/1.1'] : []
  return {
    destinationAddress: destination.address ?? someOutsideAddress,
    destinationPort: port,
    sourceAddress: asker.node?.addresses[0] ?? '192.0.2.1',
    content: target.scheme === 'http' || target.scheme === 'https' ? 'http' : 'bytes',
    tls: isTls ? { serverName: request.sni ?? target.host, protocols } : undefined,
  }
}

function chainPart(run: Run, arrival: Arrival, chain: FilterChain | undefined): HttpPart {
  const { target, view, translation, trace, compileRegex } = run
  const none = { path: target.path, rules: [] }
  const last: NetworkFilter | undefined = chain?.filters.at(-1)
  const origin = chain && trace.origins.get(chain)
  const rule = origin === undefined ? {} : { rule: origin }
  const context = {
    view,
    config: translation.config,
    destination: { address: arrival.destination.address, port: target.port },
  }
  if (last?.kind === 'tcp-proxy') {
    const { target: clusters, idleTimeoutMs } = last.proxy
    const backends = backendsOf({ ...context, content: 'bytes' }, clusters)
    return { ...none, ...rule, outcome: { kind: 'tcp', backends, ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }) } }
  }
  if (last?.kind !== 'http-connection-manager')
    return { ...none, outcome: { kind: 'refused', status: 0, reason: 'no filter chain takes the connection' } }
  if (target.scheme === 'tcp' || target.scheme === 'tls')
    return { ...none, outcome: { kind: 'refused', status: 400, reason: 'the port expects HTTP' } }
  if (target.scheme === 'https' && chain?.tls === undefined)
    return { ...none, outcome: { kind: 'refused', status: 0, reason: 'the port expects plaintext HTTP' } }
  if (isAskedOfWrongChain(run, arrival, chain)) {
    const reason = 'the host is served with other TLS than the server name asked for'
    return { ...none, outcome: { kind: 'refused', status: 421, reason } }
  }
  return httpOutcome({
    ...context,
    content: 'http',
    manager: last.manager,
    trace,
    compileRegex,
    request: routeRequest(run),
    rulePort: arrival.rulePort,
  })
}

/** As the engine judges it: only where server names choose among certificates. */
function isAskedOfWrongChain({ target, request }: Run, { listener }: Arrival, chain: FilterChain | undefined): boolean {
  if (chain?.tls === undefined || chain.match?.serverNames === undefined || listener === undefined) return false
  const host = withoutPort(target.authority).toLowerCase()
  return host !== (request.sni ?? target.host).toLowerCase() && isMisdirected(listener, chain, host)
}

function routeRequest({ target, request }: Run): RouteRequest {
  const headers = new Map(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  headers.set('host', target.authority)
  const { path, authority, scheme } = target
  return { method: methodOf(request), path, authority, scheme, header: (name) => headers.get(name) }
}

function requestPart({ request, target }: Run, path: string | undefined): Simulation['request'] {
  const { scheme, authority, port } = target
  const isTls = scheme === 'https' || scheme === 'tls'
  return { method: methodOf(request), scheme, authority, path, port, ...(isTls ? { serverName: request.sni ?? target.host } : {}) }
}

function methodOf({ method = 'GET' }: SimulatedRequest): string {
  return method.toUpperCase()
}

function hostHeader(headers: SimulatedRequest['headers']): string | undefined {
  return Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'host' || name === ':authority')?.[1]
}

function offered({ asker, translation }: Run): string {
  if (asker.kind !== 'gateway') return ''
  const ports = translation.config.listeners.map(({ address }) => address.port)
  return ports.length === 0 ? '; the gateway has no listener' : `; the gateway listens on ${ports.join(', ')}`
}

function notesOf({ view, target }: Run, { destination }: Arrival): readonly string[] {
  const { service, isVisible, host } = destination
  if (view.node.type === 'router') return []
  if (service !== undefined) return isVisible ? portNotes(view, service, target.port) : [hiddenNote(view, service)]
  const similar = similarHost(view, host)
  return similar === undefined ? [] : [`"${host}" is no host of the mesh; did you mean "${similar}"?`]
}

function hiddenNote({ sidecar, namespace }: ProxyView, { host, exportTo }: MeshService): string {
  const by =
    sidecar === undefined
      ? `its exportTo (${exportTo?.join(', ') ?? ''})`
      : `Sidecar ${sidecar.metadata.namespace ?? 'default'}/${sidecar.metadata.name ?? ''} or its exportTo`
  return `${host} is hidden from namespace ${namespace} by ${by}: the request is treated like one to an unknown host`
}

function portNotes(view: ProxyView, service: MeshService, port: number): readonly string[] {
  const isKnown = portOf(service, port) !== undefined
  const { kind, namespace, name } = service.resource
  if (service.external && !isKnown) return [`${kind} ${namespace}/${name} says nothing of port ${port}`]
  return isKnown && view.reaches(service, port) ? [] : [`the client's Sidecar does not let it reach port ${port} of ${service.host}`]
}

function takesPart(
  result: Omit<Simulation, 'issues'>,
  resource: { readonly kind: string; readonly namespace: string; readonly name: string },
): boolean {
  if (resource.kind === 'VirtualService')
    return result.rules.some(({ origin }) => origin?.resource.name === resource.name && origin.resource.namespace === resource.namespace)
  if (resource.kind !== 'DestinationRule' || !('backends' in result.outcome)) return false
  return result.outcome.backends.some(({ destinationRule }) => destinationRule === `${resource.namespace}/${resource.name}`)
}
