/**
 * Hosts and subsets that resources name and nobody defines (Istio's IST0101), told even when no proxy has a route that leads
 * there. Hosts outside of the cluster's domain are left alone: what is outside may define them.
 */
import { hostCovers, isWildcard, resolveHost } from '../host/host-name.js'
import type { Destination } from '../resources/virtual-service.js'
import type { MeshService } from '../snapshot/mesh-service.js'
import type { MeshSnapshotInput } from '../snapshot/snapshot-input.js'
import type { MeshVirtualService } from '../snapshot/virtual-services.js'
import { unknownHostText, unknownSubsetText } from './reference-text.js'
import type { TranslationIssue } from './translation-issue.js'

export interface ReferenceContext {
  readonly input: MeshSnapshotInput
  readonly services: readonly MeshService[]
  readonly virtualServices: readonly MeshVirtualService[]
  readonly clusterDomain: string
}

export function unknownReferences(context: ReferenceContext): readonly TranslationIssue[] {
  const hosts = new Map(context.services.map((service) => [service.host, service]))
  const isMissing = (host: string): boolean => host.endsWith(`.svc.${context.clusterDomain}`) && !isWildcard(host) && !hosts.has(host)
  return [...ruleIssues(context, isMissing), ...destinationIssues(context, hosts, isMissing)]
}

function ruleIssues({ input, services, clusterDomain }: ReferenceContext, isMissing: (host: string) => boolean): TranslationIssue[] {
  return (input.destinationRules ?? []).flatMap(({ metadata, spec }): TranslationIssue[] => {
    const namespace = metadata.namespace ?? 'default'
    const host = resolveHost(spec?.host ?? '', namespace, clusterDomain)
    const isUnknownWildcard =
      isWildcard(host) && host.endsWith(`.svc.${clusterDomain}`) && !services.some((one) => hostCovers(host, one.host))
    // `reviews.shop` is a name outside of the cluster; with a service of that name and namespace it hardly was meant.
    const meant = services.find((one) => one.host === `${host}.svc.${clusterDomain}`)
    if (host === '' || (!isMissing(host) && !isUnknownWildcard && meant === undefined)) return []
    const message =
      meant === undefined
        ? `there is no service "${spec?.host}"${isWildcard(host) ? '' : ` (${host})`}: this rule has no effect`
        : `"${spec?.host}" is no short name that Istio knows: write ${meant.host}, or this rule has no effect`
    return [
      {
        code: 'unknown-host',
        severity: 'warning',
        resource: { kind: 'DestinationRule', namespace, name: metadata.name ?? '' },
        path: 'spec.host',
        message,
      },
    ]
  })
}

export interface WrittenDestination {
  readonly destination: Destination | undefined
  readonly path: string
  readonly name: string
  readonly namespace: string
}

function destinationIssues(
  { input, virtualServices, clusterDomain }: ReferenceContext,
  hosts: ReadonlyMap<string, MeshService>,
  isMissing: (host: string) => boolean,
): TranslationIssue[] {
  const subsetsOf = (host: string): readonly string[] =>
    (input.destinationRules ?? [])
      .filter((rule) => hostCovers(resolveHost(rule.spec?.host ?? '', rule.metadata.namespace ?? 'default', clusterDomain), host))
      .flatMap(({ spec }) => (spec?.subsets ?? []).map(({ name }) => name ?? ''))
  return virtualServices.flatMap(destinationsOf).flatMap(({ destination, path, name, namespace }): TranslationIssue[] => {
    if (destination === undefined) return []
    const resource = { kind: 'VirtualService', namespace, name }
    const host = resolveHost(destination.host, namespace, clusterDomain)
    if (isMissing(host))
      return [{ code: 'unknown-host', severity: 'error', resource, path: `${path}.host`, message: unknownHostText(destination.host) }]
    const subset = destination.subset ?? ''
    if (subset === '' || !hosts.has(host)) return []
    const known = subsetsOf(host)
    if (known.includes(subset)) return []
    return [
      { code: 'unknown-subset', severity: 'error', resource, path: `${path}.subset`, message: unknownSubsetText(host, subset, known) },
    ]
  })
}

/** Every destination of a VirtualService's rules, mirrors apart. */
export function destinationsOf({ rules, spec, name, namespace }: MeshVirtualService): readonly WrittenDestination[] {
  const http = rules.flatMap(({ rule, path, ...owner }) =>
    (rule.route ?? []).map(({ destination }, index) => ({ destination, path: `${path}.route[${index}].destination`, ...owner })),
  )
  const opaque = (['tls', 'tcp'] as const).flatMap((kind) =>
    (spec[kind] ?? []).flatMap(({ route }, at) =>
      (route ?? []).map(({ destination }, index) => ({
        destination,
        path: `spec.${kind}[${at}].route[${index}].destination`,
        name,
        namespace,
      })),
    ),
  )
  return [...http, ...opaque]
}
