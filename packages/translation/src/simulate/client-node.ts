/** Who asks: a workload by its name, an ingress gateway, or somebody without a proxy. */
import { HeddleError, nearest } from '@heddle/base'
import type { ProxyNode } from '../node/proxy-node.js'
import type { Gateway } from '../resources/gateway.js'
import type { Pod } from '../resources/kubernetes.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import { isSubset, workloadName, type Labels } from '../snapshot/workload.js'

export interface Asker {
  readonly kind: 'workload' | 'gateway' | 'outside'
  readonly name: string
  readonly namespace: string
  readonly labels: Labels
  /** Absent for `outside`. */
  readonly node?: ProxyNode
}

/** Stands for an address that the snapshot does not know (RFC 5737). */
const madeUpAddress = '192.0.2.1'

/** @throws HEDDLE_TRANSLATION_UNKNOWN_WORKLOAD, HEDDLE_TRANSLATION_UNKNOWN_GATEWAY */
export function findAsker(snapshot: MeshSnapshot, from: string, namespace: string): Asker {
  if (from === 'outside') return { kind: 'outside', name: 'outside', namespace, labels: {} }
  if (from === 'gateway') return gatewayAsker(snapshot, soleGateway(snapshot))
  if (from.startsWith('gateway/')) return gatewayAsker(snapshot, namedGateway(snapshot, from.slice('gateway/'.length), namespace))
  return workloadAsker(snapshot, from, namespace)
}

function workloadAsker(snapshot: MeshSnapshot, from: string, namespace: string): Asker {
  const pods = snapshot.pods.filter((pod) => isLive(pod))
  const pod = namesOf(from, namespace)
    .map(([name, owner]) => pods.find((one) => namespaceOf(one) === owner && isCalled(one, name)))
    .find((found) => found !== undefined)
  if (pod !== undefined) return asker('workload', workloadName(pod), pod)
  // Configuration alone: whoever asks is taken at their word.
  if (snapshot.pods.length === 0) {
    const [name, owner] = namesOf(from, namespace)[0] as readonly [string, string]
    return synthetic('workload', name, owner, { app: name })
  }
  const known = [...new Set(pods.map((one) => `${workloadName(one)}.${namespaceOf(one)}`))]
  const close = nearest(from, known) ?? nearest(`${from}.${namespace}`, known)
  throw new HeddleError({
    code: 'HEDDLE_TRANSLATION_UNKNOWN_WORKLOAD',
    message: `there is no workload "${from}"${close === undefined ? '' : `; did you mean "${close}"?`}`,
    origin: 'user',
    hint: known.length === 0 ? 'No Pod is running.' : `There are ${known.slice(0, 20).join(', ')}; or ask from "gateway" or "outside".`,
  })
}

/** `NAME.NAMESPACE` may be a name with a dot in the default namespace, too. */
function namesOf(text: string, namespace: string): readonly (readonly [name: string, namespace: string])[] {
  const slash = text.indexOf('/')
  if (slash >= 0) return [[text.slice(slash + 1), text.slice(0, slash)]]
  const dot = text.lastIndexOf('.')
  return dot < 0
    ? [[text, namespace]]
    : [
        [text.slice(0, dot), text.slice(dot + 1)],
        [text, namespace],
      ]
}

function isCalled(pod: Pod, name: string): boolean {
  const { metadata } = pod
  return metadata.name === name || workloadName(pod) === name || metadata.labels?.['app'] === name
}

function isLive({ status }: Pod): boolean {
  return status?.phase !== 'Failed' && status?.phase !== 'Succeeded'
}

function namespaceOf({ metadata }: Pick<Pod, 'metadata'>): string {
  return metadata.namespace ?? 'default'
}

function soleGateway(snapshot: MeshSnapshot): readonly Gateway[] {
  if (snapshot.gateways.length > 0) return snapshot.gateways
  throw new HeddleError({
    code: 'HEDDLE_TRANSLATION_UNKNOWN_GATEWAY',
    message: 'there is no Gateway, so nothing comes in from outside',
    origin: 'user',
    hint: 'Apply a Gateway (networking.istio.io), or ask from a workload.',
  })
}

function namedGateway(snapshot: MeshSnapshot, text: string, namespace: string): readonly Gateway[] {
  const wanted = namesOf(text, namespace)
  const found = snapshot.gateways.filter(({ metadata }) =>
    wanted.some(([name, owner]) => metadata.name === name && (metadata.namespace ?? 'default') === owner),
  )
  if (found.length > 0) return found
  const known = snapshot.gateways.map(({ metadata }) => `${metadata.name ?? ''}.${metadata.namespace ?? 'default'}`)
  const close = nearest(text, known) ?? nearest(`${text}.${namespace}`, known)
  throw new HeddleError({
    code: 'HEDDLE_TRANSLATION_UNKNOWN_GATEWAY',
    message: `there is no Gateway "${text}"${close === undefined ? '' : `; did you mean "${close}"?`}`,
    origin: 'user',
    hint: known.length === 0 ? 'There is none at all.' : `There are ${known.join(', ')}.`,
  })
}

/** The workload that the Gateways select; one is made up where only configuration is known. */
function gatewayAsker(snapshot: MeshSnapshot, gateways: readonly Gateway[]): Asker {
  for (const { spec } of gateways) {
    const pod = snapshot.pods.find((one) => isLive(one) && isSubset(spec?.selector, one.metadata.labels ?? {}))
    if (pod !== undefined) return asker('gateway', workloadName(pod), pod)
  }
  const selector = gateways[0]?.spec?.selector ?? {}
  return synthetic('gateway', selector['istio'] ?? selector['app'] ?? 'gateway', snapshot.meshConfig.rootNamespace, selector)
}

/** A node for somebody without a proxy: what a client of its namespace would see. */
export function nodeFor({ name, namespace, labels }: Asker): ProxyNode {
  return nodeOf('sidecar', name, namespace, labels, madeUpAddress)
}

/** The node of a Pod as its proxy would say it. */
export function nodeOfPod(pod: Pod, type: ProxyNode['type']): ProxyNode {
  const { name = '', labels = {} } = pod.metadata
  const namespace = namespaceOf(pod)
  const address = pod.status?.podIP ?? madeUpAddress
  return {
    ...nodeOf(type, name, namespace, labels, address),
    serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    workloadName: workloadName(pod),
  }
}

function asker(kind: 'workload' | 'gateway', name: string, pod: Pod): Asker {
  const node = nodeOfPod(pod, kind === 'gateway' ? 'router' : 'sidecar')
  return { kind, name, namespace: node.namespace, labels: node.labels, node }
}

function synthetic(kind: 'workload' | 'gateway', name: string, namespace: string, labels: Labels): Asker {
  return { kind, name, namespace, labels, node: nodeOf(kind === 'gateway' ? 'router' : 'sidecar', name, namespace, labels, madeUpAddress) }
}

function nodeOf(type: ProxyNode['type'], name: string, namespace: string, labels: Labels, address: string): ProxyNode {
  const dnsDomain = `${namespace}.svc.cluster.local`
  return {
    id: `${type}~${address}~${name}.${namespace}~${dnsDomain}`,
    type,
    addresses: [address],
    name,
    namespace,
    dnsDomain,
    cluster: `${name}.${namespace}`,
    labels,
    serviceAccount: 'default',
    workloadName: name,
    clusterId: 'Kubernetes',
    meshId: 'cluster.local',
    interceptionMode: 'REDIRECT',
    unprivileged: false,
    answersNames: false,
    metadata: {},
  }
}
