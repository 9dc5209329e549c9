/** `heddle apply`: creates what is missing and merges into what exists, with kubectl's words and bookkeeping. */
import { isDeepStrictEqual } from 'node:util'
import { isHeddleError } from '@heddle/base'
import { type KubernetesObject, type ResourceClient, statusOf } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { hasFaults, readManifests, requireValid } from '../manifest/manifest.js'
import { threeWayPatch } from '../manifest/three-way-patch.js'
import { discoverResources, objectName, type ServedResource } from '../target/discovery.js'
import { inNamespace, resourceOf } from '../target/object-type.js'
import { collectionPath, objectPath } from '../target/paths.js'
import { requestJson } from '../target/response.js'
import { withTarget } from '../target/target.js'
import { type ObjectFormat, objectFormats, renderObjects } from '../output/objects.js'
import type { Selection } from '../target/selection.js'

const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams } = invocation
  const partial = flags.boolean('partial')
  const dryRun = dryRunOf(flags.string('dry-run'))
  const format = outputOf(flags.string('output'))
  const manifests = await readManifests(invocation)
  const objects = requireValid(invocation, manifests, {
    partial,
    outcome: 'applied',
    hint: 'Mend them, or apply the good documents with --partial.',
  })
  return withTarget(invocation, async ({ client, namespace }) => {
    const served = await discoverResources(client, invocation.signal)
    // Every kind is looked up before the first write, so that an unknown one leaves nothing half applied.
    const resources = objects.map((object) => resourceOf(served, object))
    const placed = objects.map((object, index) =>
      inNamespace(object, resources[index] as ServedResource, namespace, flags.string('namespace')),
    )
    let refused = false
    const applied: { readonly selection: Selection; readonly object: KubernetesObject }[] = []
    for (const [index, object] of placed.entries()) {
      const resource = resources[index] as ServedResource
      try {
        const { verb, stored } = await applyObject(client, resource, object, dryRun)
        applied.push({ selection: { resource }, object: stored })
        if (format === undefined) streams.stdout.write(`${objectName(resource, object.metadata.name)} ${verb}${dryRunNotes[dryRun]}\n`)
      } catch (error) {
        if (!isHeddleError(error, 'HEDDLE_API_STATUS')) throw error
        refused = true
        streams.stderr.write(
          `Error from server (${statusOf(error)?.reason ?? 'Unknown'}): ${objectName(resource, object.metadata.name)}: ${error.message}\n`,
        )
      }
    }
    if (format !== undefined && applied.length > 0) streams.stdout.write(await renderObjects(applied, format, applied.length === 1))
    if (refused) return exitCode.failure
    return hasFaults(manifests) ? exitCode.badData : exitCode.ok
  })
}

function outputOf(text: string | undefined): ObjectFormat | undefined {
  const format = objectFormats.find((known) => known === text)
  if (text !== undefined && format === undefined) throw usageError(`-o ${text} is not one of ${objectFormats.join(', ')}`)
  return format
}

/** `client`: the objects are only compared; `server`: the API checks them and stores nothing. */
export type DryRun = 'none' | 'client' | 'server'

const dryRunNotes: Readonly<Record<DryRun, string>> = { none: '', client: ' (dry run)', server: ' (server dry run)' }

function dryRunOf(mode = 'none'): DryRun {
  if (mode === 'none' || mode === 'client' || mode === 'server') return mode
  throw usageError(`--dry-run=${mode} is not one of none, client, server`)
}

export interface Applied {
  /** kubectl's word for what happened. */
  readonly verb: 'created' | 'configured' | 'unchanged'
  /** The object as the API has it now; of a dry run as it was asked for. */
  readonly stored: KubernetesObject
}

/** Applies one object. */
export async function applyObject(
  client: ResourceClient,
  resource: Pick<ServedResource, 'type'>,
  object: KubernetesObject,
  dryRun: DryRun = 'none',
): Promise<Applied> {
  const { type } = resource
  const { name, namespace } = object.metadata
  const recorded = record(object)
  const live = await client.get(type, name, namespace)
  if (live === undefined) {
    if (dryRun === 'none') return { verb: 'created', stored: await client.create(type, recorded) }
    if (dryRun === 'client') return { verb: 'created', stored: recorded }
    return { verb: 'created', stored: await tryOut(client, 'POST', collectionPath(type, namespace), recorded) }
  }
  const applied = lastAppliedOf(live)
  // The kind may be served in another version than the manifest's.
  const patch = threeWayPatch(applied, { ...recorded, apiVersion: live.apiVersion, kind: live.kind }, live)
  if (patch === undefined || (isDeepStrictEqual(applied, lastAppliedOf(recorded)) && isOnlyRecord(patch)))
    return { verb: 'unchanged', stored: live }
  if (dryRun === 'none') return { verb: 'configured', stored: await client.patch(type, name, patch, namespace) }
  if (dryRun === 'client') return { verb: 'configured', stored: recorded }
  return { verb: 'configured', stored: await tryOut(client, 'PATCH', objectPath(type, name, namespace), patch) }
}

/** A write that is checked like any other and not stored. */
async function tryOut(client: ResourceClient, method: 'POST' | 'PATCH', path: string, body: object): Promise<KubernetesObject> {
  const headers = { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }
  return requestJson(client, { method, path: `${path}?dryRun=All`, headers, body: JSON.stringify(body) })
}

/** The manifest with itself as the record of this apply. */
function record(object: KubernetesObject): KubernetesObject {
  const { [lastAppliedAnnotation]: _record, ...annotations } = object.metadata.annotations ?? {}
  const plain = asWritten({ ...object, metadata: { ...object.metadata, annotations } })
  const text = `${JSON.stringify(plain)}\n`
  return { ...plain, metadata: { ...plain.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } } }
}

const serverFields = new Set(['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink'])

/** Without what only the server writes, as objects have it that were printed with `get -o yaml`. */
function asWritten({ status: _status, ...object }: KubernetesObject): KubernetesObject {
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([field]) => !serverFields.has(field)))
  return { ...object, metadata: metadata as unknown as KubernetesObject['metadata'] } as KubernetesObject
}

function lastAppliedOf(live: KubernetesObject): Readonly<Record<string, unknown>> | undefined {
  try {
    return asWritten(JSON.parse(live.metadata.annotations?.[lastAppliedAnnotation] ?? '') as KubernetesObject)
  } catch {
    // None, or not ours to read: then nothing can be told to have been removed.
    return undefined
  }
}

/** A patch of nothing but the record: the manifest was only written in another order. */
function isOnlyRecord(patch: Readonly<Record<string, unknown>>): boolean {
  return isDeepStrictEqual(patch, { metadata: { annotations: { [lastAppliedAnnotation]: recordIn(patch) } } })
}

function recordIn(patch: Readonly<Record<string, unknown>>): unknown {
  return (patch['metadata'] as KubernetesObject['metadata'] | undefined)?.annotations?.[lastAppliedAnnotation]
}
