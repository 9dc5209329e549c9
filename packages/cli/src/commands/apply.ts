/** `heddle apply`: creates what is missing and merges into what exists, with kubectl's words and bookkeeping. */
import { isHeddleError } from '@heddle/base'
import { type KubernetesObject, type ResourceClient, statusOf } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { hasFaults, readManifests, requireValid } from '../manifest/manifest.js'
import { threeWayPatch } from '../manifest/three-way-patch.js'
import { discoverResources, objectName, type ServedResource } from '../target/discovery.js'
import { resourceOf } from '../target/object-type.js'
import { withTarget } from '../target/target.js'

const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams } = invocation
  const partial = flags.boolean('partial')
  const manifests = await readManifests(invocation)
  const objects = requireValid(invocation, manifests, partial)
  return withTarget(invocation, async ({ client, namespace }) => {
    const served = await discoverResources(client)
    // Every kind is looked up before the first write, so that an unknown one leaves nothing half applied.
    const resources = objects.map((object) => resourceOf(served, object))
    let refused = false
    for (const [index, object] of objects.entries()) {
      const resource = resources[index] as ServedResource
      try {
        const verb = await applyObject(client, resource, withNamespace(object, resource, namespace), flags.boolean('dry-run'))
        streams.stdout.write(`${objectName(resource, object.metadata.name)} ${verb}${flags.boolean('dry-run') ? ' (dry run)' : ''}\n`)
      } catch (error) {
        if (!isHeddleError(error, 'HEDDLE_API_STATUS')) throw error
        refused = true
        streams.stderr.write(
          `Error from server (${statusOf(error)?.reason ?? 'Unknown'}): ${objectName(resource, object.metadata.name)}: ${error.message}\n`,
        )
      }
    }
    if (refused) return exitCode.failure
    return hasFaults(manifests) ? exitCode.badData : exitCode.ok
  })
}

/** Applies one object. @returns kubectl's verb for what happened. */
export async function applyObject(
  client: ResourceClient,
  resource: Pick<ServedResource, 'type'>,
  object: KubernetesObject,
  dryRun = false,
): Promise<'created' | 'configured' | 'unchanged'> {
  const { type } = resource
  const { name, namespace } = object.metadata
  const recorded = record(object)
  const live = await client.get(type, name, namespace)
  if (live === undefined) {
    if (!dryRun) await client.create(type, recorded)
    return 'created'
  }
  const patch = threeWayPatch(
    lastAppliedOf(live),
    { ...recorded, apiVersion: live.apiVersion ?? recorded.apiVersion, kind: live.kind ?? recorded.kind },
    live,
  )
  if (patch === undefined || onlyBookkeeping(patch)) return 'unchanged'
  if (!dryRun) await client.patch(type, name, patch, namespace)
  return 'configured'
}

function withNamespace(object: KubernetesObject, resource: ServedResource, namespace: string): KubernetesObject {
  if (!resource.namespaced || object.metadata.namespace !== undefined) return object
  return { ...object, metadata: { ...object.metadata, namespace } }
}

function record(object: KubernetesObject): KubernetesObject {
  const annotations = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(([name]) => name !== lastAppliedAnnotation),
  )
  const plain = { ...object, metadata: { ...object.metadata, annotations } }
  return {
    ...plain,
    metadata: { ...plain.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: `${JSON.stringify(plain)}\n` } },
  }
}

function lastAppliedOf(live: KubernetesObject): Readonly<Record<string, unknown>> | undefined {
  const text = live.metadata.annotations?.[lastAppliedAnnotation]
  if (text === undefined) return undefined
  const parsed = JSON.parse(text) as KubernetesObject
  // The record names itself nowhere; without this line every apply would remove the annotation.
  return { ...parsed, metadata: { ...parsed.metadata, annotations: { ...parsed.metadata.annotations } } }
}

/** A patch that changes nothing but the record of the last apply: the manifest was only written differently. */
function onlyBookkeeping(patch: Readonly<Record<string, unknown>>): boolean {
  const metadata = patch['metadata'] as { readonly annotations?: Readonly<Record<string, unknown>> } | undefined
  return (
    Object.keys(patch).join() === 'metadata' &&
    Object.keys(metadata ?? {}).join() === 'annotations' &&
    Object.keys(metadata?.annotations ?? {}).join() === lastAppliedAnnotation
  )
}
