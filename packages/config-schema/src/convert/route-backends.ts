/** Destinations as references to Services: a name, a namespace and a port. */
import type { BackendObjectReference, HTTPBackendRef } from '../gen/gateway-api-types.js'
import type { Destination, HTTPRouteDestination } from '../gen/types.js'
import { inexact, needed, onlyKnown, type Conversion, type Path } from './conversion.js'
import { httpRouteSizes } from './http-route-sizes.js'
import { headerFilters } from './route-filters.js'

const label = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

export interface ServiceName {
  readonly name: string
  readonly namespace: string
}

export function convertBackends(
  conversion: Conversion,
  at: Path,
  destinations: readonly HTTPRouteDestination[],
): readonly HTTPBackendRef[] {
  if (destinations.length > httpRouteSizes.backends)
    inexact(conversion, at, `An HTTPRoute rule has at most ${httpRouteSizes.backends} backends.`)
  return destinations.flatMap((entry, index) => {
    const path = [...at, index]
    onlyKnown(conversion, path, entry, ['destination', 'weight', 'headers'])
    const backend = convertDestination(conversion, [...path, 'destination'], entry.destination)
    const filters = headerFilters(conversion, [...path, 'headers'], entry.headers)
    if (backend === undefined) return []
    return [{ ...backend, ...weightOf(conversion, path, entry, destinations.length), ...(filters.length > 0 ? { filters } : {}) }]
  })
}

/** A single destination gets every request, whatever its weight; of several, one without a weight gets none. */
function weightOf(conversion: Conversion, path: Path, { weight }: HTTPRouteDestination, count: number): { readonly weight?: number } {
  if (count === 1) return {}
  if ((weight ?? 0) > httpRouteSizes.weight)
    inexact(conversion, [...path, 'weight'], `Weights of an HTTPRoute are at most ${httpRouteSizes.weight}.`)
  return { weight: weight ?? 0 }
}

export function convertDestination(conversion: Conversion, path: Path, destination: Destination): BackendObjectReference | undefined {
  onlyKnown(conversion, path, destination, ['host', 'port'], {
    subset: 'HTTPRoute has no subsets; make a Service for each version, and name that.',
  })
  const service = serviceOf(conversion, destination.host)
  if (service === undefined) return inexact(conversion, [...path, 'host'], 'HTTPRoute sends requests to Services of Kubernetes only.')
  const port = destination.port?.number ?? solePort(conversion, service)
  if (port === undefined)
    return inexact(
      conversion,
      [...path, 'port'],
      'HTTPRoute needs the port of the Service, and this names none; name it, or give the Service too.',
    )
  if (service.namespace === conversion.namespace) return { name: service.name, port }
  const grant = `A ReferenceGrant in namespace ${service.namespace} that lets HTTPRoutes of namespace ${conversion.namespace} refer to Services.`
  needed(conversion, [...path, 'host'], grant)
  return { name: service.name, namespace: service.namespace, port }
}

/** A short name, or the full name in the cluster; anything else is no Service. */
export function serviceOf(conversion: Conversion, host: string): ServiceName | undefined {
  const [name = '', namespace = conversion.namespace, ...rest] = host.split('.')
  if (!label.test(name)) return undefined
  if (!host.includes('.')) return { name, namespace }
  return label.test(namespace) && rest.join('.') === 'svc.cluster.local' ? { name, namespace } : undefined
}

function solePort({ services }: Conversion, { name, namespace }: ServiceName): number | undefined {
  const ports = services.get(`${namespace}/${name}`)
  return ports?.length === 1 ? ports[0] : undefined
}
