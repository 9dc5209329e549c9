/** Envoy's `/config_dump` as istioctl's tables. The dump may come from any Envoy; only documented fields are read. */
import type { TextTable } from './table.js'

type Json = Readonly<Record<string, unknown>>

export interface ConfigDump {
  readonly configs: readonly Json[]
}

export const dumpParts = ['clusters', 'listeners', 'routes', 'endpoints', 'secrets'] as const
export type DumpPart = (typeof dumpParts)[number]

/** What is asked for, by istioctl's flag: `{ port: '80' }`. */
export type DumpFilter = Readonly<Record<string, string>>

export function dumpTable(dump: ConfigDump, part: DumpPart, filter: DumpFilter = {}): TextTable {
  const rows = allResources(dump, part).flatMap((resource) => matchingRows(resource, part, filter))
  return { header: headers[part], rows: rows.toSorted(order[part] ?? (() => 0)) }
}

/** The resources of one part as protobuf JSON; those with a row that is asked for. */
export function resourcesOf(dump: ConfigDump, part: DumpPart, filter: DumpFilter = {}): readonly Json[] {
  const resources = allResources(dump, part)
  return Object.keys(filter).length === 0 ? resources : resources.filter((resource) => matchingRows(resource, part, filter).length > 0)
}

/** The flags that pick rows, and the text of a row that each is compared with. A name matches in part, everything else whole. */
export const dumpFilters: Readonly<Record<DumpPart, Readonly<Record<string, (row: Row) => string | undefined>>>> = {
  clusters: { fqdn: (row) => row[0], port: (row) => row[1], subset: (row) => row[2], direction: (row) => row[3] },
  listeners: { address: (row) => row[0], port: (row) => row[1] },
  routes: { name: (row) => row[0] },
  endpoints: {
    address: (row) => row[0]?.replace(/:\d+$/, ''),
    port: (row) => /:(\d+)$/.exec(row[0] ?? '')?.[1],
    status: (row) => row[1]?.toLowerCase(),
    cluster: (row) => row[3],
  },
  secrets: {},
}

type Row = readonly string[]

function matchingRows(resource: Json, part: DumpPart, filter: DumpFilter): readonly Row[] {
  return renderers[part](resource).filter((row) =>
    Object.entries(filter).every(([flag, wanted]) => {
      const text = dumpFilters[part][flag]?.(row) ?? ''
      return flag === 'fqdn' ? text.includes(wanted) : text === (flag === 'status' ? wanted.toLowerCase() : wanted)
    }),
  )
}

const byText = (left: string | undefined = '', right: string | undefined = ''): number => (left < right ? -1 : left > right ? 1 : 0)
const byNumber = (left: string | undefined, right: string | undefined): number => Number(left) - Number(right) || 0

/** Rows stand where istioctl puts them; those of one resource stay in its order. */
const order: Partial<Record<DumpPart, (left: Row, right: Row) => number>> = {
  clusters: (left, right) => byText(left[0], right[0]) || byNumber(left[1], right[1]) || byText(left[2], right[2]),
  listeners: (left, right) => byNumber(left[1], right[1]) || byText(left[0], right[0]),
  endpoints: (left, right) => byText(left[0], right[0]) || byText(left[3], right[3]),
}

function allResources(dump: ConfigDump, part: DumpPart): readonly Json[] {
  const { lists, wrapper } = locations[part]
  return dump.configs.flatMap((config) =>
    lists.flatMap((list) => {
      const entries = (config[list] ?? []) as readonly Json[]
      return entries.flatMap((entry) => {
        const resource = (entry['active_state'] as Json | undefined)?.[wrapper] ?? entry[wrapper]
        return resource === undefined ? [] : [{ ...(resource as Json), ...(part === 'secrets' ? { name: entry['name'] } : {}) }]
      })
    }),
  )
}

const locations: Readonly<Record<DumpPart, { readonly lists: readonly string[]; readonly wrapper: string }>> = {
  clusters: { lists: ['static_clusters', 'dynamic_active_clusters'], wrapper: 'cluster' },
  listeners: { lists: ['static_listeners', 'dynamic_listeners'], wrapper: 'listener' },
  routes: { lists: ['static_route_configs', 'dynamic_route_configs'], wrapper: 'route_config' },
  endpoints: { lists: ['static_endpoint_configs', 'dynamic_endpoint_configs'], wrapper: 'endpoint_config' },
  secrets: { lists: ['static_secrets', 'dynamic_active_secrets'], wrapper: 'secret' },
}

const headers: Readonly<Record<DumpPart, readonly string[]>> = {
  clusters: ['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'DESTINATION RULE'],
  listeners: ['ADDRESSES', 'PORT', 'MATCH', 'DESTINATION'],
  routes: ['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE'],
  endpoints: ['NAME', 'STATUS', 'LOCALITY', 'CLUSTER'],
  secrets: ['RESOURCE NAME', 'TYPE', 'STATUS', 'VALID CERT', 'SERIAL NUMBER', 'NOT AFTER', 'NOT BEFORE'],
}

const renderers: Readonly<Record<DumpPart, (resource: Json) => readonly (readonly string[])[]>> = {
  clusters: (cluster) => [clusterRow(cluster)],
  listeners: listenerRows,
  routes: routeRows,
  endpoints: endpointRows,
  secrets: (secret) => [['name', 'type', 'status', 'valid', 'serial_number', 'not_after', 'not_before'].map((key) => textOf(secret[key]))],
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value))

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (current, key) => (typeof current === 'object' && current !== null ? (current as Json)[key] : undefined),
    value,
  )
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

/** `outbound|80|v1|host`: Istio's cluster names carry the columns. */
function clusterRow(cluster: Json): readonly string[] {
  const name = textOf(cluster['name'])
  const parts = name.split('|')
  const rule = ruleOf(at(cluster, 'metadata', 'filterMetadata', 'istio', 'config'))
  const type = textOf(cluster['type'] ?? 'STATIC')
  if (parts.length !== 4) return [name, '-', '-', '-', type, rule]
  const [direction, port, subset, host] = parts as [string, string, string, string]
  return [host, port, subset || '-', direction, type, rule]
}

/** `/apis/networking.istio.io/v1/namespaces/NS/KIND/NAME` as `NAME.NS`. */
function ruleOf(config: unknown): string {
  const match = /\/namespaces\/([^/]+)\/[^/]+\/([^/]+)$/.exec(textOf(config))
  return match ? `${match[2]}.${match[1]}` : ''
}

function listenerRows(listener: Json): readonly Row[] {
  const addresses = [listener, ...listOf(listener['additionalAddresses'])]
    .map((holder) => textOf(at(holder, 'address', 'socketAddress', 'address')))
    .join(',')
  const port = textOf(at(listener, 'address', 'socketAddress', 'portValue'))
  const chains = [
    ...listOf(listener['filterChains']),
    ...(listener['defaultFilterChain'] === undefined ? [] : [{ ...(listener['defaultFilterChain'] as Json), isDefault: true }]),
  ]
  return chains.map((chain) => [addresses, port, chainMatch(chain), chainDestination(chain)])
}

function chainMatch(chain: Json): string {
  if (chain['isDefault'] === true) return 'ALL'
  const match = (chain['filterChainMatch'] ?? {}) as Json
  const port = match['destinationPort'] === undefined ? '' : `:${textOf(match['destinationPort'])}`
  const ranges = listOf(match['prefixRanges']).map((range) => `${textOf(range['addressPrefix'])}/${textOf(range['prefixLen'] ?? 0)}`)
  const parts = [
    match['serverNames'] === undefined ? '' : `SNI: ${listText(match['serverNames'])}`,
    match['transportProtocol'] === undefined ? '' : `Trans: ${textOf(match['transportProtocol'])}`,
    match['applicationProtocols'] === undefined ? '' : `App: ${listText(match['applicationProtocols'])}`,
    ranges.length > 0 || port !== '' ? `Addr: ${ranges.length > 0 ? ranges.join(',') : '*'}${port}` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'ALL' : parts.join('; ')
}

const listText = (value: unknown): string => (Array.isArray(value) ? value.join(',') : '')

function chainDestination(chain: Json): string {
  for (const filter of listOf(chain['filters'])) {
    const config = filter['typedConfig']
    const rds = at(config, 'rds', 'routeConfigName')
    if (rds !== undefined) return `Route: ${textOf(rds)}`
    const hosts = listOf(at(config, 'routeConfig', 'virtualHosts'))
    if (hosts.length > 0) return inlineRoute(hosts)
    const cluster = at(config, 'cluster')
    if (cluster !== undefined) return clusterText(cluster)
    const weighted = listOf(at(config, 'weightedClusters', 'clusters'))
    if (weighted.length > 0) return `Clusters: ${weighted.map((one) => `${textOf(one['name'])} (${textOf(one['weight'])})`).join(', ')}`
  }
  return 'Non-HTTP/Non-TCP'
}

/** One route for everything is its cluster. */
function inlineRoute(hosts: readonly Json[]): string {
  const routes = hosts.flatMap((host) => listOf(host['routes']))
  const only = routes.length === 1 && at(routes[0], 'match', 'prefix') === '/' ? at(routes[0], 'route', 'cluster') : undefined
  return only === undefined ? `Inline Route: ${routes.map((route) => routeMatch(route['match'])).join(', ')}` : clusterText(only)
}

/** The mesh's own clusters, such as PassthroughCluster, say themselves what they are. */
function clusterText(cluster: unknown): string {
  const name = textOf(cluster)
  return /^\w*Cluster$/.test(name) ? name : `Cluster: ${name}`
}

function routeRows(configuration: Json): readonly (readonly string[])[] {
  const name = textOf(configuration['name'])
  return listOf(configuration['virtualHosts']).flatMap((host) => {
    const domains = Array.isArray(host['domains']) ? (host['domains'] as readonly string[]) : []
    return listOf(host['routes']).map((route) => [
      name,
      textOf(host['name']),
      domainsText(domains),
      routeMatch(at(route, 'match')),
      ruleOf(at(route, 'metadata', 'filterMetadata', 'istio', 'config')),
    ])
  })
}

/** The first two, without ports and without the longer spellings of a name that is there in a shorter one. */
function domainsText(domains: readonly string[]): string {
  if (domains.length === 1) return domains[0] as string
  const isLonger = (name: string): boolean =>
    ['.', '.svc', '.svc.cluster.local'].some((ending) => name.endsWith(ending) && domains.includes(name.slice(0, -ending.length)))
  const names = domains.filter((name) => !/:\d+$/.test(name) && !isLonger(name))
  const [first, second, ...more] = names
  return more.length === 0 ? names.join(', ') : `${first}, ${second} + ${more.length} more...`
}

function routeMatch(match: unknown): string {
  const prefix = at(match, 'prefix') ?? at(match, 'pathSeparatedPrefix')
  if (prefix !== undefined) return `${textOf(prefix)}*`
  const path = at(match, 'path')
  return path === undefined ? textOf(at(match, 'safeRegex', 'regex')) : textOf(path)
}

function endpointRows(assignment: Json): readonly (readonly string[])[] {
  return listOf(assignment['endpoints']).flatMap((group) => {
    const locality = ['region', 'zone', 'subZone']
      .map((key) => textOf(at(group, 'locality', key)))
      .filter((part) => part !== '')
      .join('/')
    return listOf(group['lbEndpoints']).map((endpoint) => {
      const socket = at(endpoint, 'endpoint', 'address', 'socketAddress')
      return [
        `${textOf(at(socket, 'address'))}:${textOf(at(socket, 'portValue'))}`,
        textOf(endpoint['healthStatus'] ?? 'UNKNOWN'),
        locality,
        textOf(assignment['clusterName']),
      ]
    })
  })
}
