/** istiod's `/debug/syncz` and `/debug/config_dump`: what each proxy was sent and what it said to it. */
import { trustTypeUrls, typeUrls } from '@heddle/xds'
import type { ConnectedProxy } from '../push/discovery.js'
import type { SubscriptionStatus } from '../push/subscription.js'

/** istiod's short names of resource types, and ours in the same manner. */
export const typeNames: Readonly<Record<string, string>> = {
  [typeUrls.cluster]: 'CDS',
  [typeUrls.listener]: 'LDS',
  [typeUrls.endpoint]: 'EDS',
  [typeUrls.routeConfiguration]: 'RDS',
  [typeUrls.secret]: 'SDS',
  [typeUrls.nameTable]: 'NDS',
  [trustTypeUrls.trustBundle]: 'TRUST',
  [trustTypeUrls.denyList]: 'DENIALS',
}

export interface ProxySyncStatus {
  readonly proxy: string
  readonly id: string
  readonly cluster: string
  readonly version: string
  readonly connectedAt: string
  /** By short type name; a type that was not asked for is absent. */
  readonly types: Readonly<Record<string, { readonly state: string; readonly resources: number; readonly error?: string }>>
}

/** What is trusted is no configuration: `/debug/ca` says who lacks which root. */
const trustTypes: ReadonlySet<string> = new Set(Object.values(trustTypeUrls))

function configurationOf(status: ReturnType<ConnectedProxy['status']>): readonly (readonly [string, SubscriptionStatus])[] {
  return [...status].filter(([typeUrl]) => !trustTypes.has(typeUrl))
}

export function syncStatusOf({ node, connectedAtMs, status }: ConnectedProxy): ProxySyncStatus {
  const types = configurationOf(status()).map(
    ([typeUrl, { state, resourceCount, error }]) =>
      [typeNames[typeUrl] ?? typeUrl, { state, resources: resourceCount, ...(error === undefined ? {} : { error }) }] as const,
  )
  return {
    proxy: `${node.name}.${node.namespace}`,
    id: node.id,
    cluster: node.clusterId,
    version: typeof node.metadata['ISTIO_VERSION'] === 'string' ? node.metadata['ISTIO_VERSION'] : '',
    connectedAt: new Date(connectedAtMs).toISOString(),
    types: Object.fromEntries(types),
  }
}
