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
  /** True when the app asks the proxy for names (Istio's DNS_CAPTURE). */
  readonly answersNames: boolean
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
  const { name, namespace } = podOf(podName, metadata)
  if (namespace === '') return refuse(`node "${id}" names no namespace`)
  const common = { id, type, addresses, name, namespace, dnsDomain, cluster } as const
  return { ok: true, node: { ...common, ...workloadOf(metadata, name), ...localityOf(locality), metadata } }
}

type WorkloadFields = Pick<
  ProxyNode,
  'labels' | 'serviceAccount' | 'workloadName' | 'clusterId' | 'meshId' | 'interceptionMode' | 'unprivileged' | 'answersNames'
>

function workloadOf(metadata: Readonly<Record<string, unknown>>, name: string): WorkloadFields {
  const mode = text(metadata, 'INTERCEPTION_MODE')
  return {
    labels: labelsOf(metadata['LABELS']),
    serviceAccount: text(metadata, 'SERVICE_ACCOUNT') ?? 'default',
    workloadName: text(metadata, 'WORKLOAD_NAME') ?? name,
    clusterId: text(metadata, 'CLUSTER_ID') ?? 'Kubernetes',
    meshId: text(metadata, 'MESH_ID') ?? 'cluster.local',
    interceptionMode: mode === 'TPROXY' || mode === 'NONE' ? mode : 'REDIRECT',
    unprivileged: isTrue(metadata['UNPRIVILEGED_POD']),
    answersNames: isTrue(metadata['DNS_CAPTURE']),
  }
}

function podOf(podName: string, metadata: Readonly<Record<string, unknown>>): { readonly name: string; readonly namespace: string } {
  const dot = podName.lastIndexOf('.')
  return {
    name: text(metadata, 'NAME') ?? (dot < 0 ? podName : podName.slice(0, dot)),
    namespace: text(metadata, 'NAMESPACE') ?? (dot < 0 ? '' : podName.slice(dot + 1)),
  }
}

function localityOf(locality: Partial<ProxyLocality> | undefined): Pick<ProxyNode, 'locality'> {
  if (!locality?.region) return {}
  return { locality: { region: locality.region, zone: locality.zone ?? '', subZone: locality.subZone ?? '' } }
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
