/** The golden corpus: what a real istiod gave every proxy of a scenario, and the objects it was given. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseDocuments } from '@heddle/config-schema'
import { createMeshSnapshot, parseNode, type MeshConfig, type MeshSnapshot, type MeshSnapshotInput, type ProxyNode } from '../src/index.js'

const root = path.resolve(import.meta.dirname, '../../../../shared/corpus/istiod')

export const corpusIsPresent: boolean = existsSync(root)

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

interface GoldenProxy {
  readonly folder: string
  readonly node: ProxyNode
  readonly golden: Readonly<Record<'listeners' | 'routes' | 'clusters' | 'endpoints', readonly Json[]>>
}

export interface Scenario {
  readonly snapshot: MeshSnapshot
  readonly input: MeshSnapshotInput
  readonly proxies: readonly GoldenProxy[]
}

interface AnyObject {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

export function loadScenario(name: string, meshConfig: Partial<MeshConfig> = {}): Scenario {
  const folder = path.join(root, name)
  const cluster = (readJson(path.join(folder, 'kubernetes.json')) as unknown as { items: AnyObject[] }).items
  const manifests = readManifests(path.join(folder, 'input'))
  const input = {
    services: ofKind(cluster, 'Service'),
    endpointSlices: ofKind(cluster, 'EndpointSlice'),
    pods: ofKind(cluster, 'Pod'),
    namespaces: ofKind(cluster, 'Namespace'),
    serviceAccounts: ofKind(cluster, 'ServiceAccount'),
    nodes: ofKind(cluster, 'Node'),
    virtualServices: ofKind(manifests, 'VirtualService'),
    destinationRules: ofKind(manifests, 'DestinationRule'),
    gateways: ofKind(manifests, 'Gateway'),
    peerAuthentications: ofKind(manifests, 'PeerAuthentication'),
    serviceEntries: ofKind(manifests, 'ServiceEntry'),
    workloadEntries: ofKind(manifests, 'WorkloadEntry'),
    sidecars: ofKind(manifests, 'Sidecar'),
    meshConfig,
  } as unknown as MeshSnapshotInput
  const proxies = readJson(path.join(folder, 'proxies.json')) as unknown as {
    folder: string
    node: string
    cluster: string
    metadata: Record<string, unknown>
  }[]
  return {
    snapshot: createMeshSnapshot(input),
    input,
    proxies: proxies.map((proxy) => ({ folder: proxy.folder, node: nodeOf(proxy), golden: readGolden(path.join(folder, proxy.folder)) })),
  }
}

function nodeOf(proxy: { readonly node: string; readonly cluster: string; readonly metadata: Record<string, unknown> }): ProxyNode {
  const result = parseNode({ id: proxy.node, cluster: proxy.cluster, metadata: proxy.metadata })
  if (!result.ok) throw new Error(result.reason)
  return result.node
}

function readGolden(folder: string): GoldenProxy['golden'] {
  // A missing file means that the proxy was given none.
  const read = (kind: string): readonly Json[] =>
    existsSync(path.join(folder, `${kind}.json`)) ? (readJson(path.join(folder, `${kind}.json`)) as readonly Json[]) : []
  return { listeners: read('listeners'), routes: read('routes'), clusters: read('clusters'), endpoints: read('endpoints') }
}

/** In the order of application: a later manifest takes the place of an earlier one of the same name. */
function readManifests(folder: string): readonly AnyObject[] {
  const objects = new Map<string, AnyObject>()
  for (const file of readdirSync(folder).toSorted()) {
    for (const document of parseDocuments(readFileSync(path.join(folder, file), 'utf8'), { file }).documents) {
      const object = document.value as AnyObject | null
      if (object === null) continue
      const metadata = { namespace: 'default', ...object.metadata }
      objects.set(`${object.kind}/${metadata.namespace}/${metadata.name}`, { ...object, metadata })
    }
  }
  return [...objects.values()]
}

function ofKind(objects: readonly AnyObject[], kind: string): readonly AnyObject[] {
  return objects.filter((object) => object.kind === kind)
}

function readJson(file: string): Json {
  return JSON.parse(readFileSync(file, 'utf8')) as Json
}
