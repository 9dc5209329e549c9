/** Where a client's connection is made to: what DNS would answer, and which service that is. */
import { HeddleError, nearest } from '@heddle/base'
import { meshGateway } from '../host/gateway-name.js'
import { hostCovers, isWildcard } from '../host/host-name.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { captured } from '../route/virtual-host-domains.js'
import { portOf, type MeshService } from '../snapshot/mesh-service.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import type { ParsedTarget } from './simulated-request.js'

export interface Destination {
  readonly host: string
  /** As the client's proxy sees it, or as it is where the proxy does not. */
  readonly service: MeshService | undefined
  /** Whether the client's proxy knows of the service. */
  readonly isVisible: boolean
  readonly address: string | undefined
}

/** An address of nobody (RFC 5737): what is not known goes where it was going. */
export const someOutsideAddress = '203.0.113.1'

/**
 * @param client whose namespace short names belong to.
 * @throws HEDDLE_TRANSLATION_UNKNOWN_HOST for a name that can only be one of the mesh and is not; HEDDLE_TRANSLATION_UNKNOWN_PORT
 */
export function findDestination(view: ProxyView, target: ParsedTarget): Destination {
  const { snapshot } = view
  const { host, port } = target
  if (/^[\d.]+$/.test(host) || host.includes(':')) return byAddress(view, host)
  const candidates = fullNames(host, view.namespace, snapshot.meshConfig.clusterDomain)
  const visible = lookup(view.services, candidates)
  const service = visible ?? lookup(snapshot.services, candidates)
  if (service === undefined) {
    refuseUnknown(view, host)
    return { host, service, isVisible: false, address: undefined }
  }
  refuseUnknownPort(view, service, host, port)
  return { host, service, isVisible: visible !== undefined, address: addressOf(view, service, port) }
}

function byAddress(view: ProxyView, address: string): Destination {
  const own = (service: MeshService): boolean => captured(view, service).includes(address)
  const visible = view.services.find(own)
  return { host: address, service: visible ?? view.snapshot.services.find(own), isVisible: visible !== undefined, address }
}

/** What a Pod's resolver tries, in its order. */
function fullNames(host: string, namespace: string, clusterDomain: string): readonly string[] {
  const bare = host.endsWith('.') ? host.slice(0, -1) : host
  return [`${bare}.${namespace}.svc.${clusterDomain}`, `${bare}.svc.${clusterDomain}`, `${bare}.${clusterDomain}`, bare]
}

function lookup(services: readonly MeshService[], names: readonly string[]): MeshService | undefined {
  for (const name of names) {
    const found = services.find((service) => service.host === name)
    if (found !== undefined) return found
  }
  const last = names.at(-1) ?? ''
  const wild = services.filter((service) => isWildcard(service.host) && hostCovers(service.host, last))
  return wild.toSorted((left, right) => right.host.length - left.host.length)[0]
}

function addressOf(view: ProxyView, service: MeshService, number: number): string | undefined {
  const port = portOf(service, number)
  if (service.headless) return port && view.snapshot.endpointsOf(service, port)[0]?.address
  return captured(view, service).find((address) => !address.includes('/'))
}

/** Names with a dot may be anywhere in the world; routes may be for hosts that are no service. */
function refuseUnknown({ snapshot, virtualServices, namespace, node }: ProxyView, host: string): void {
  const { clusterDomain } = snapshot.meshConfig
  // Routes of gateways lead no sidecar anywhere.
  const routes = virtualServices.filter(({ gateways }) => node.type === 'router' || gateways.includes(meshGateway))
  if (routes.some((owner) => owner.hosts.some((pattern) => hostCovers(pattern, host)))) return
  const isOwn = !host.includes('.') || host.endsWith(`.${clusterDomain}`) || host.endsWith('.svc')
  if (!isOwn) return
  const elsewhere = snapshot.services.find((service) => service.name === host)
  const close = elsewhere === undefined ? nearest(host, knownNames(snapshot, namespace)) : `${elsewhere.name}.${elsewhere.namespace}`
  throw new HeddleError({
    code: 'HEDDLE_TRANSLATION_UNKNOWN_HOST',
    message: `there is no service "${host}"${close === undefined ? '' : `; did you mean "${close}"?`}`,
    origin: 'user',
    hint: `Services are ${
      snapshot.services
        .slice(0, 20)
        .map((service) => service.host)
        .join(', ') || 'none'
    }.`,
  })
}

/** A name outside that looks like one that is known. */
export function similarHost({ snapshot, namespace }: ProxyView, host: string): string | undefined {
  return nearest(host, knownNames(snapshot, namespace))
}

/** As a client of the namespace may write them. */
function* knownNames({ services }: MeshSnapshot, viewer: string): Generator<string> {
  for (const { name, namespace, host } of services) {
    if (namespace === viewer) yield name
    yield `${name}.${namespace}`
    yield host
  }
}

function refuseUnknownPort(view: ProxyView, service: MeshService, host: string, port: number): void {
  // A port that only the client's Sidecar hides is the proxy's business, and so is one that routes are for.
  const whole = view.snapshot.services.find((one) => one.host === service.host && one.namespace === service.namespace) ?? service
  // What is outside may well listen there.
  if (portOf(whole, port) !== undefined || whole.ports.length === 0 || whole.external) return
  const numbers = whole.ports.map((one) => `${one.number} (${one.name || one.protocol})`)
  const close =
    whole.ports.length === 1
      ? whole.ports[0]?.number
      : nearest(
          String(port),
          whole.ports.map((one) => String(one.number)),
        )
  throw new HeddleError({
    code: 'HEDDLE_TRANSLATION_UNKNOWN_PORT',
    message: `service ${whole.host} has no port ${port}; it has ${numbers.join(', ')}`,
    origin: 'user',
    ...(close === undefined ? {} : { hint: `Did you mean ${host}:${close}?` }),
  })
}
