/** Who a proxy says it is (Istio's node contract): parsed from the xDS node's id and metadata, refused when incomplete. */

export interface ProxyLocality {
  readonly region: string
  readonly zone: string
  readonly subZone: string
}

export interface ProxyNode {
  readonly id: string
  readonly type: 'sidecar' | 'router'
  /** The proxy's own addresses; the first is the Pod's. Never empty. */
  readonly addresses: readonly string[]
  readonly name: string
  readonly namespace: string
  /** `NAMESPACE.svc.CLUSTER-DOMAIN`. */
  readonly dnsDomain: string
  /** The xDS node's cluster (`SERVICE.NAMESPACE`). */
  readonly cluster: string
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly workloadName: string
  readonly clusterId: string
  readonly meshId: string
  readonly interceptionMode: 'REDIRECT' | 'TPROXY' | 'NONE'
  readonly locality?: ProxyLocality
  /** True when the Pod may not bind ports below 1024. */
  readonly unprivileged: boolean
  /** Everything the proxy sent, unknown keys included. */
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface NodeIdentification {
  readonly id: string
  readonly cluster?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly locality?: Partial<ProxyLocality>
}

export type NodeResult = { readonly ok: true; readonly node: ProxyNode } | { readonly ok: false; readonly reason: string }

/** Parses `TYPE~IP~NAME.NAMESPACE~DNS-DOMAIN` and Istio's metadata. The metadata wins over the id where both say something. */
export function parseNode(identification: NodeIdentification): NodeResult {
  const { id, cluster = '', metadata = {}, locality } = identification
  const parts = id.split('~')
  if (parts.length !== 4) return refuse(`node id "${id}" must have four parts: TYPE~IP~NAME.NAMESPACE~DNS-DOMAIN`)
  const [type, ip, podName, dnsDomain] = parts as [string, string, string, string]
  if (type !== 'sidecar' && type !== 'router') return refuse(`node type "${type}" is not served: expected sidecar or router`)
  const addresses = addressesOf(ip, text(metadata, 'INSTANCE_IPS'))
  if (addresses.length === 0) return refuse(`node "${id}" has no valid address in its id nor in INSTANCE_IPS`)
  const lastDot = podName.lastIndexOf('.')
  const namespace = text(metadata, 'NAMESPACE') ?? (lastDot < 0 ? '' : podName.slice(lastDot + 1))
  if (namespace === '') return refuse(`node "${id}" names no namespace`)
  const name = text(metadata, 'NAME') ?? (lastDot < 0 ? podName : podName.slice(0, lastDot))
  const mode = text(metadata, 'INTERCEPTION_MODE')
  return {
    ok: true,
    node: {
      id,
      type,
      addresses,
      name,
      namespace,
      dnsDomain,
      cluster,
      labels: labelsOf(metadata['LABELS']),
      serviceAccount: text(metadata, 'SERVICE_ACCOUNT') ?? 'default',
      workloadName: text(metadata, 'WORKLOAD_NAME') ?? name,
      clusterId: text(metadata, 'CLUSTER_ID') ?? 'Kubernetes',
      meshId: text(metadata, 'MESH_ID') ?? 'cluster.local',
      interceptionMode: mode === 'TPROXY' || mode === 'NONE' ? mode : 'REDIRECT',
      ...(locality?.region ? { locality: { region: locality.region, zone: locality.zone ?? '', subZone: locality.subZone ?? '' } } : {}),
      unprivileged: isTrue(metadata['UNPRIVILEGED_POD']),
      metadata,
    },
  }
}

const ipv4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/

function isIpAddress(value: string): boolean {
  return ipv4.test(value) || (value.includes(':') && /^[0-9a-fA-F:.]+$/.test(value))
}

function addressesOf(ip: string, instanceIps: string | undefined): readonly string[] {
  const listed = (instanceIps ?? '').split(',').map((address) => address.trim())
  const valid = listed.filter(isIpAddress)
  return valid.length > 0 ? valid : isIpAddress(ip) ? [ip] : []
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function text(metadata: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = metadata[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}

function refuse(reason: string): NodeResult {
  return { ok: false, reason }
}
