/** `heddle explain request URL --from WHO`: which backend gets a request, and why; with manifests, or with the mesh as it is. */
import { parseDocuments } from '@heddle/config-schema'
import type { KubernetesObject } from '@heddle/client/resources'
import { meshConfigMap, readMeshConfig, type MeshConfig, type ResourceReference } from '@heddle/translation'
import {
  manifestSnapshot,
  simulate,
  simulationText,
  type Locate,
  type ManifestObject,
  type SimulatedRequest,
} from '@heddle/translation/simulate'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { judgeManifests, requireValid } from '../manifest/manifest.js'
import { type ManifestSource, readSources } from '../manifest/sources.js'
import { dataFormatOf } from '../output/data-format.js'
import { listMesh } from '../target/mesh-objects.js'
import { withTarget } from '../target/target.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams } = invocation
  const request = requestOf(invocation)
  const format = dataFormatOf(invocation)
  const { objects, locate, namespace, isLocal } =
    flags.strings('filename').length > 0 ? await fromFiles(invocation) : await fromMesh(invocation)
  const own = namespace ?? 'default'
  const snapshot = manifestSnapshot(objects, meshConfigOf(objects), own)
  const simulation = simulate(snapshot, { ...request, namespace: own }, { answersNames: isLocal })
  streams.stdout.write(format === undefined ? simulationText(simulation, locate) : await format(simulation))
  return exitCode.ok
}

function requestOf({ flags, positionals }: Invocation): SimulatedRequest {
  const [url, ...more] = positionals
  if (url === undefined || more.length > 0) throw usageError('say one URL, such as http://helloworld/api/hello')
  const from = flags.string('from')
  if (from === undefined) throw usageError('say who asks with --from: a workload, "gateway" or "outside"')
  const method = flags.string('method')
  const sni = flags.string('sni')
  return {
    from,
    url,
    headers: Object.fromEntries(flags.strings('header').map(header)),
    ...(method === undefined ? {} : { method }),
    ...(sni === undefined ? {} : { sni }),
  }
}

function header(text: string): readonly [string, string] {
  const colon = text.indexOf(':')
  if (colon <= 0) throw usageError(`--header "${text}" is not of the form "NAME: VALUE"`)
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}

interface Mesh {
  readonly objects: readonly ManifestObject[]
  readonly locate: Locate
  readonly namespace: string | undefined
  readonly isLocal: boolean
}

async function fromFiles(invocation: Invocation): Promise<Mesh> {
  const sources = await readSources(invocation)
  const objects = requireValid(invocation, judgeManifests(sources, { target: 'istio', foreignKinds: 'pass' }), { outcome: 'explained' })
  const namespace = invocation.flags.string('namespace')
  return { objects: objects as readonly ManifestObject[], locate: locator(sources, namespace ?? 'default'), namespace, isLocal: false }
}

async function fromMesh(invocation: Invocation): Promise<Mesh> {
  return withTarget(invocation, async (target) => ({
    objects: (await listMesh(target.client)) as readonly ManifestObject[],
    locate: () => undefined,
    namespace: target.namespace,
    isLocal: target.stateFolder !== undefined,
  }))
}

function meshConfigOf(objects: readonly ManifestObject[]): Partial<MeshConfig> {
  const settings = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata?.name === meshConfigMap)
  const text = (settings as { readonly data?: Readonly<Record<string, string>> } | undefined)?.data?.['mesh']
  return text === undefined ? {} : readMeshConfig(text).config
}

/** `FILE:LINE:COLUMN` of a field, for resources that were read from files. */
function locator(sources: readonly ManifestSource[], namespace: string): Locate {
  const documents = sources.flatMap(({ file, text }) => parseDocuments(text, { file }).documents)
  return (resource, path) => {
    const document = documents.find(({ value }) => isResource(value as KubernetesObject | null, resource, namespace))
    const { line, column } = document?.rangeOf(fieldPath(path), 'value') ?? {}
    return document === undefined || line === undefined ? undefined : `${document.file ?? ''}:${line}:${column ?? 1}`
  }
}

function isResource(object: KubernetesObject | null, { kind, namespace, name }: ResourceReference, own: string): boolean {
  return object?.kind === kind && object.metadata?.name === name && (object.metadata.namespace ?? own) === namespace
}

/** `spec.http[0].match[1]` in its steps. */
function fieldPath(path: string): readonly (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => (index === undefined ? (name as string) : Number(index)))
}
