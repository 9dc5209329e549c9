/**
 * A VirtualService as an HTTPRoute of the Gateway API: where that is exact, and with a list of all that is not. Routes of the mesh are
 * attached to their Services, routes of gateways to Gateways of the same names.
 */
import type { HTTPRoute, ParentReference } from '../gen/gateway-api-types.js'
import type { ObjectMeta, Service, VirtualService } from '../gen/types.js'
import { inexact, needed, onlyKnown, type Conversion } from './conversion.js'
import type { ConversionIssue, ConversionOptions } from './conversion-options.js'
import { httpRouteSizes } from './http-route-sizes.js'
import { checkOrder } from './precedence.js'
import { serviceOf } from './route-backends.js'
import { convertRule } from './route-rule.js'

export interface HttpRouteConversion {
  /** Whether the route does just what the VirtualService does, once everything `needed` is there. */
  readonly isExact: boolean
  /** The route, without what is inexact; undefined when there is nothing that an HTTPRoute could hold. Use it as it is only when `isExact`. */
  readonly route?: HTTPRoute
  readonly issues: readonly ConversionIssue[]
}

const keptMetadata = ['name', 'namespace', 'labels', 'annotations']
const serverMetadata = ['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid']
const hostname = /^(?:\*\.)?[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/
const address = /^\d+(?:\.\d+){3}$|:/

/** @param resource a valid VirtualService; what `validate` refuses is not looked for again. */
export function virtualServiceToHttpRoute(resource: VirtualService, options: ConversionOptions = {}): HttpRouteConversion {
  const conversion = createConversion(resource, options)
  const { spec } = resource
  onlyKnown(conversion, ['metadata'], resource.metadata, [...keptMetadata, ...serverMetadata])
  onlyKnown(conversion, ['spec'], spec, ['hosts', 'gateways', 'http', 'exportTo'], {
    tls: 'Routes by server name are TLSRoutes.',
    tcp: 'Routes of plain connections are TCPRoutes.',
  })
  if ((spec.exportTo ?? ['*']).some((name) => name !== '*'))
    inexact(conversion, ['spec', 'exportTo'], 'HTTPRoute cannot be hidden from namespaces.')
  const attachment = attachmentOf(conversion, spec)
  const http = spec.http ?? []
  if (http.length > httpRouteSizes.rules)
    inexact(conversion, ['spec', 'http'], `An HTTPRoute has at most ${httpRouteSizes.rules} rules; make several.`)
  const rules = http.map((route, index) => convertRule(conversion, ['spec', 'http', index], route))
  checkOrder(conversion, ['spec', 'http'], rules)
  const { issues } = conversion
  const isExact = issues.every(({ kind }) => kind === 'needed')
  if (rules.length === 0 || attachment === undefined) return { isExact: false, issues }
  const route: HTTPRoute = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadataOf(resource.metadata),
    spec: { ...attachment, rules },
  }
  return { isExact, route, issues }
}

function createConversion(
  resource: VirtualService,
  { resources = [], namespace = 'default', segmentPrefixes = false }: ConversionOptions,
): Conversion {
  const services = new Map<string, readonly number[]>()
  for (const entry of resources) {
    if (!isService(entry)) continue
    const ports = (entry.spec?.ports ?? []).flatMap(({ port }) => (port === undefined ? [] : [port]))
    services.set(`${entry.metadata?.namespace ?? namespace}/${entry.metadata?.name ?? ''}`, ports)
  }
  return { namespace: resource.metadata.namespace ?? namespace, segmentPrefixes, services, issues: [] }
}

function isService(value: unknown): value is Service {
  const { apiVersion, kind, spec } = (value ?? {}) as Partial<Service>
  return apiVersion === 'v1' && kind === 'Service' && typeof spec === 'object'
}

/** What a server writes into a resource is not taken over. */
function metadataOf({ name, namespace, labels, annotations }: ObjectMeta): ObjectMeta {
  const kept = Object.entries(annotations ?? {}).filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration')
  return {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
  }
}

interface Attachment {
  readonly parentRefs: readonly ParentReference[]
  readonly hostnames?: readonly string[]
}

function attachmentOf(conversion: Conversion, { hosts = [], gateways = ['mesh'] }: VirtualService['spec']): Attachment | undefined {
  if (hosts.length === 0) return inexact(conversion, ['spec', 'hosts'], 'A delegate has no hosts; HTTPRoute does not delegate.')
  if (!gateways.includes('mesh')) return gatewayAttachment(conversion, hosts, gateways)
  if (gateways.length > 1)
    inexact(conversion, ['spec', 'gateways'], 'HTTPRoutes of the mesh ignore hostnames and those of gateways need them; make one for each.')
  return serviceAttachment(conversion, hosts)
}

function serviceAttachment(conversion: Conversion, hosts: readonly string[]): Attachment {
  const parentRefs = hosts.flatMap((host, index): readonly ParentReference[] => {
    const service = serviceOf(conversion, host)
    if (service !== undefined && service.namespace === conversion.namespace) return [{ group: '', kind: 'Service', name: service.name }]
    const reason = 'In the mesh an HTTPRoute is attached to Services, and holds for all callers only in the namespace of the Service.'
    inexact(conversion, ['spec', 'hosts', index], reason)
    return []
  })
  return { parentRefs }
}

function gatewayAttachment(conversion: Conversion, hosts: readonly string[], gateways: readonly string[]): Attachment {
  const parentRefs = gateways.map((reference, index): ParentReference => {
    const [name = '', namespace] = reference.split('/').reverse()
    const path = ['spec', 'gateways', index]
    needed(
      conversion,
      path,
      `A Gateway of gateway.networking.k8s.io named ${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}.`,
    )
    if (name.includes('.')) inexact(conversion, path, 'Write NAMESPACE/NAME for a gateway of another namespace first.')
    return { name, ...(namespace === undefined || namespace === conversion.namespace ? {} : { namespace }) }
  })
  return hosts.includes('*') ? { parentRefs } : { parentRefs, hostnames: hostnamesOf(conversion, hosts) }
}

function hostnamesOf(conversion: Conversion, hosts: readonly string[]): readonly string[] {
  if (hosts.length > httpRouteSizes.hostnames)
    inexact(conversion, ['spec', 'hosts'], `An HTTPRoute has at most ${httpRouteSizes.hostnames} host names.`)
  return hosts.filter((host, index) => {
    const path = ['spec', 'hosts', index]
    if (address.test(host) || !hostname.test(host))
      return inexact(conversion, path, 'HTTPRoute takes host names, or *. and a host name, in lower case.') !== undefined
    if (!host.includes('.')) inexact(conversion, path, 'A short name stands for a Service here; write its full name first.')
    return true
  })
}
