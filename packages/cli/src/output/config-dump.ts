/** Envoy's `/config_dump` as istioctl's tables. The dump may come from any Envoy; only documented fields are read. */

type Json = Readonly<Record<string, unknown>>

export interface ConfigDump {
  readonly configs: readonly Json[]
}

export type DumpPart = 'clusters' | 'listeners' | 'routes' | 'endpoints' | 'secrets'

export interface DumpTable {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export function dumpTable(dump: ConfigDump, part: DumpPart): DumpTable {
  return { header: headers[part], rows: resourcesOf(dump, part).flatMap(renderers[part]) }
}

/** The resources of one part as protobuf JSON. */
export function resourcesOf(dump: ConfigDump, part: DumpPart): readonly Json[] {
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
  endpoints: ['ENDPOINT', 'STATUS', 'LOCALITY', 'CLUSTER'],
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

function listenerRows(listener: Json): readonly (readonly string[])[] {
  const address = textOf(at(listener, 'address', 'socketAddress', 'address'))
  const port = textOf(at(listener, 'address', 'socketAddress', 'portValue'))
  const chains = [
    ...listOf(listener['filterChains']),
    ...(listener['defaultFilterChain'] === undefined ? [] : [{ ...(listener['defaultFilterChain'] as Json), isDefault: true }]),
  ]
  return chains.map((chain) => [address, port, chainMatch(chain), chainDestination(chain)])
}

function chainMatch(chain: Json): string {
  if (chain['isDefault'] === true) return 'ALL'
  const match = (chain['filterChainMatch'] ?? {}) as Json
  const parts = [
    at(match, 'serverNames') === undefined ? '' : `SNI: ${listText(match['serverNames'])}`,
    at(match, 'transportProtocol') === undefined ? '' : `Trans: ${textOf(match['transportProtocol'])}`,
    at(match, 'applicationProtocols') === undefined ? '' : `App: ${listText(match['applicationProtocols'])}`,
    at(match, 'destinationPort') === undefined ? '' : `Addr: *:${textOf(match['destinationPort'])}`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'ALL' : parts.join('; ')
}

const listText = (value: unknown): string => (Array.isArray(value) ? value.join(',') : '')

function chainDestination(chain: Json): string {
  for (const filter of listOf(chain['filters'])) {
    const config = filter['typedConfig']
    const rds = at(config, 'rds', 'routeConfigName')
    if (rds !== undefined) return `Route: ${textOf(rds)}`
    const inline = at(config, 'routeConfig', 'virtualHosts', 0, 'name')
    if (inline !== undefined) return `Inline Route: ${textOf(at(config, 'routeConfig', 'name'))}`
    const cluster = at(config, 'cluster')
    if (cluster !== undefined) return `Cluster: ${textOf(cluster)}`
    const weighted = listOf(at(config, 'weightedClusters', 'clusters'))
    if (weighted.length > 0) return `Clusters: ${weighted.map((one) => `${textOf(one['name'])} (${textOf(one['weight'])})`).join(', ')}`
  }
  return '-'
}

function routeRows(configuration: Json): readonly (readonly string[])[] {
  const name = textOf(configuration['name'])
  return listOf(configuration['virtualHosts']).flatMap((host) => {
    const domains = Array.isArray(host['domains']) ? (host['domains'] as readonly string[]) : []
    const shown = domains.length > 2 ? `${domains.slice(0, 2).join(', ')} + ${domains.length - 2} more...` : domains.join(', ')
    return listOf(host['routes']).map((route) => [
      name,
      textOf(host['name']),
      shown,
      routeMatch(at(route, 'match')),
      ruleOf(at(route, 'metadata', 'filterMetadata', 'istio', 'config')),
    ])
  })
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
