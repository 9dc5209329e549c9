/** Rules of VirtualService (Istio's validation of it): hosts, gateways, and that there is something to route. */
import type {
  L4MatchAttributes,
  RouteDestination,
  TCPRoute,
  TLSMatchAttributes,
  TLSRoute,
  VirtualService,
  VirtualServiceSpec,
} from '../gen/types.js'
import { clip } from '../model/clip.js'
import { isIpAddress } from '../model/host-format.js'
import { formatRules } from '../model/string-format.js'
import { meshSni } from '../model/string-format.js'
import type { FaultList } from '../validate/fault.js'
import { checkDestinations } from './destinations.js'
import { checkExportTo } from './export-to.js'
import { checkGatewayNames, isMeshBound } from './gateway-names.js'
import { hostCovers, SeenHosts } from './hosts.js'
import { checkHttpRoute } from './http-route.js'
import { eachOf, error, warning, within } from './reporter.js'
import { checkUnreachable } from './unreachable.js'

export function checkVirtualService(resource: VirtualService, faults: FaultList): void {
  const spec = resource.spec ?? {}
  const isDelegate = (spec.hosts ?? []).length === 0
  within(faults, ['spec'], () => {
    checkGatewayNames(spec.gateways, faults)
    if (isDelegate) checkDelegate(spec, faults)
    else checkHosts(spec, faults)
    checkHasRoutes(spec, faults)
    const context = {
      isDelegate,
      isMeshBound: isMeshBound(spec.gateways),
      isGatewayBound: (spec.gateways ?? []).some((name) => name !== 'mesh'),
    }
    eachOf(faults, 'http', spec.http, (route) => checkHttpRoute(route, context, faults))
    eachOf(faults, 'tls', spec.tls, (route) => checkTlsRoute(route, spec.hosts ?? [], faults))
    eachOf(faults, 'tcp', spec.tcp, (route) => checkTcpRoute(route, faults))
    checkUnreachable(spec, faults)
  })
  checkExportTo(spec.exportTo, resource.metadata?.namespace, faults)
}

function checkDelegate(spec: VirtualServiceSpec, faults: FaultList): void {
  if ((spec.gateways ?? []).length > 0) {
    error(
      faults,
      'virtual-service/hosts-required',
      ['hosts'],
      'A VirtualService with gateways needs hosts; only a delegate has none, and it has no gateways.',
      { part: 'key' },
    )
  }
  for (const kind of ['tls', 'tcp'] as const) {
    if (spec[kind] !== undefined)
      error(faults, 'virtual-service/delegate', [kind], `A delegate (a VirtualService without hosts) has no ${kind} routes.`, {
        part: 'key',
      })
  }
}

function checkHosts(spec: VirtualServiceSpec, faults: FaultList): void {
  const hosts = spec.hosts ?? []
  const meshBound = isMeshBound(spec.gateways)
  const seen = new SeenHosts()
  eachOf(faults, 'hosts', hosts, (host) => {
    const problem = formatRules['host-or-ip'].check(host)
    if (problem !== undefined && !isSniName(host, spec)) {
      error(
        faults,
        'bad-host',
        [],
        `${problem.charAt(0).toUpperCase()}${problem.slice(1)}; expected ${formatRules['host-or-ip'].expected}.`,
        {
          expected: formatRules['host-or-ip'].expected,
        },
      )
    } else if (host === '*' && meshBound) {
      const message = 'The host "*" would catch all traffic of the mesh; it is allowed only with gateways and without "mesh".'
      error(faults, 'virtual-service/wildcard-in-mesh', [], message, {
        expected: 'a host name, or gateways that do not include mesh',
        dependsOn: ['spec', 'gateways'],
      })
    }
    // What is no host overlaps with nothing.
    const earlier = problem === undefined ? seen.take(host) : undefined
    if (earlier !== undefined)
      error(
        faults,
        'virtual-service/duplicate-host',
        [],
        `"${clip(host)}" and "${clip(earlier)}" stand for the same hosts; keep one of them.`,
        { related: [{ path: ['spec', 'hosts', spec.hosts?.indexOf(earlier) ?? 0], message: 'Its first place.' }] },
      )
  })
}

function isSniName(host: string, spec: VirtualServiceSpec): boolean {
  return (spec.tls ?? []).length > 0 && meshSni.test(host)
}

function checkHasRoutes(spec: VirtualServiceSpec, faults: FaultList): void {
  const count = (spec.http?.length ?? 0) + (spec.tls?.length ?? 0) + (spec.tcp?.length ?? 0)
  if (count === 0)
    error(faults, 'virtual-service/route-required', [], 'A VirtualService needs at least one route under http, tls or tcp.', {
      expected: 'http, tls or tcp',
      dependsOn: ['spec', 'http'],
    })
}

function checkTlsRoute(route: TLSRoute, hosts: readonly string[], faults: FaultList): void {
  if ((route.match ?? []).length === 0)
    error(faults, 'virtual-service/match-required', ['match'], 'A tls route needs at least one match with sniHosts.', { part: 'key' })
  eachOf(faults, 'match', route.match, (match: TLSMatchAttributes) => {
    checkGatewayNames(match.gateways, faults)
    if ((match.sniHosts ?? []).length === 0)
      error(faults, 'virtual-service/sni-required', ['sniHosts'], 'A tls match needs at least one entry in sniHosts.', { part: 'key' })
    eachOf(faults, 'sniHosts', match.sniHosts, (sni) => {
      if (isIpAddress(sni))
        warning(faults, 'virtual-service/sni-address', [], `Clients send no server name for an address such as "${clip(sni)}".`)
      else if (hosts.length > 0 && !hosts.some((host) => hostCovers(host, sni))) {
        error(faults, 'virtual-service/sni-outside-hosts', [], `"${clip(sni)}" is not among the hosts of this VirtualService.`, {
          expected: `a name covered by ${hosts.join(', ')}`,
        })
      }
    })
  })
  checkRouteRequired(route.route, 'tls', faults)
}

function checkTcpRoute(route: TCPRoute, faults: FaultList): void {
  eachOf(faults, 'match', route.match, (match: L4MatchAttributes) => checkGatewayNames(match.gateways, faults))
  checkRouteRequired(route.route, 'tcp', faults)
}

function checkRouteRequired(route: readonly RouteDestination[] | undefined, kind: string, faults: FaultList): void {
  if ((route ?? []).length === 0)
    error(faults, 'virtual-service/route-required', ['route'], `A ${kind} route needs at least one destination under "route".`, {
      part: 'key',
    })
  else checkDestinations(route, faults)
}
