/**
 * The table of `proxy-status`: istioctl's columns since 1.27, and after them whether all of it is acknowledged, which istioctl
 * shows only with `-v 1`. There the columns are those of older versions, one for each type.
 */
import type { TextTable } from './table.js'

export interface ProxySync {
  readonly proxy: string
  readonly cluster: string
  readonly istiod: string
  readonly version: string
  readonly types: Readonly<Record<string, { readonly state: string; readonly error?: string }>>
}

/** In istioctl's order. */
const knownTypes = ['CDS', 'LDS', 'EDS', 'RDS', 'ECDS', 'NDS', 'SDS']
const columnTypes = ['CDS', 'LDS', 'EDS', 'RDS', 'ECDS']

export function statusTable(entries: readonly ProxySync[], verbosity: number = 0): TextTable {
  const sorted = entries.toSorted((left, right) => (left.proxy < right.proxy ? -1 : 1))
  if (verbosity > 0)
    return {
      header: ['NAME', 'CLUSTER', ...columnTypes, 'ISTIOD', 'VERSION'],
      rows: sorted.map(({ proxy, cluster, types, istiod, version }) => [
        proxy,
        cluster,
        ...columnTypes.map((type) => types[type]?.state ?? 'IGNORED'),
        istiod,
        version,
      ]),
    }
  return {
    header: ['NAME', 'CLUSTER', 'ISTIOD', 'VERSION', 'SUBSCRIBED TYPES', 'STATE'],
    rows: sorted.map(({ proxy, cluster, types, istiod, version }) => [proxy, cluster, istiod, version, subscribed(types), stateOf(types)]),
  }
}

/** A control plane of another version may name a type by its URL: the message's name is what a person can read. */
export function readableType(type: string): string {
  return type.startsWith('type.googleapis.com/') ? type.slice(type.lastIndexOf('.') + 1) : type
}

function subscribed(types: ProxySync['types']): string {
  const names = Object.keys(types)
    .toSorted((left, right) => rank(left) - rank(right))
    .map(readableType)
  return `${names.length} (${names.join(',')})`
}

function rank(type: string): number {
  const index = knownTypes.indexOf(type)
  return index < 0 ? knownTypes.length : index
}

/** `SYNCED`, or what is not: `STALE (RDS)`. A type of which there is nothing to send keeps nobody waiting. */
function stateOf(types: ProxySync['types']): string {
  const open = Object.entries(types).filter(([, { state }]) => state !== 'SYNCED' && state !== 'NOT SENT' && state !== 'IGNORED')
  if (open.length > 0) return [...new Set(open.map(([, { state }]) => state))].map((state) => withTypes(state, open)).join(', ')
  return Object.values(types).some(({ state }) => state === 'SYNCED') ? 'SYNCED' : 'NOT SENT'
}

function withTypes(state: string, types: readonly (readonly [string, { readonly state: string }])[]): string {
  const names = types.filter(([, one]) => one.state === state).map(([name]) => name)
  return `${state} (${names
    .toSorted((left, right) => rank(left) - rank(right))
    .map(readableType)
    .join(',')})`
}
