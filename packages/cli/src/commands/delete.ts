/** `heddle delete`: by kind and name, by selector, or what a file names; waits until the objects are gone. */
import { HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { type KubernetesObject, type ResourceClient, statusOf } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { secondsOf } from '../command/seconds.js'
import { readManifests, requireValid } from '../manifest/manifest.js'
import { discoverResources, objectName, type ServedResource } from '../target/discovery.js'
import { parseSelections } from '../target/selection.js'
import { withTarget } from '../target/target.js'
import { inNamespace, resourceOf } from '../target/object-type.js'

interface Doomed {
  readonly resource: ServedResource
  readonly name: string
  readonly namespace: string | undefined
  readonly uid?: string
}

export async function run(invocation: Invocation): Promise<number> {
  const files = invocation.flags.strings('filename')
  const graceSeconds = graceOf(invocation.flags)
  const timeoutSeconds = secondsOf(invocation.flags, 'timeout') ?? 0
  return withTarget(invocation, async ({ client, namespace }) => {
    const served = await discoverResources(client, invocation.signal)
    const doomed =
      files.length > 0 ? await fromFiles(invocation, served, namespace) : await fromSelections(invocation, client, served, namespace)
    let missing = 0
    const going: Required<Doomed>[] = []
    for (const one of doomed) {
      // Known before the delete, so that a successor of the same name is not waited for.
      const uid = (await client.get(one.resource.type, one.name, one.namespace))?.metadata.uid
      if (!(await deleteOne(invocation, client, one, graceSeconds))) missing++
      else if (uid !== undefined) going.push({ ...one, uid })
    }
    if (doomed.length === 0) invocation.streams.stdout.write('No resources found\n')
    if (!invocation.flags.boolean('no-wait')) await allGone(client, going, timeoutSeconds, invocation.signal)
    return missing > 0 && !invocation.flags.boolean('ignore-not-found') ? exitCode.failure : exitCode.ok
  })
}

function graceOf(flags: Invocation['flags']): number | undefined {
  if (flags.boolean('force')) return 0
  return flags.boolean('now') ? 1 : secondsOf(flags, 'grace-period')
}

/** @param timeoutSeconds 0 waits for ever. */
async function allGone(
  client: ResourceClient,
  going: readonly Required<Doomed>[],
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const enough = new AbortController()
  const late = (): void =>
    enough.abort(
      new HeddleError({
        code: 'HEDDLE_CLI_TIMEOUT',
        message: `not everything was gone within ${timeoutSeconds} s`,
        origin: 'user',
        hint: 'It is being deleted; wait longer with --timeout TIME, or not at all with --wait=false.',
      }),
    )
  const timer = timeoutSeconds > 0 ? systemClock.setTimer(timeoutSeconds * 1000, late, { keepAlive: true }) : undefined
  try {
    for (const one of going) await untilGone(client, one, AbortSignal.any([signal, enough.signal]))
  } finally {
    timer?.cancel()
  }
}

async function fromFiles(invocation: Invocation, served: readonly ServedResource[], namespace: string): Promise<readonly Doomed[]> {
  const manifests = await readManifests(invocation, { target: 'istio' })
  const objects = requireValid(invocation, manifests, { outcome: 'deleted' })
  const said = invocation.flags.string('namespace')
  return objects
    .map((object) => {
      const resource = resourceOf(served, object)
      return doomedOf(resource, inNamespace(object, resource, namespace, said), namespace)
    })
    .reverse()
}

async function fromSelections(
  invocation: Invocation,
  client: ResourceClient,
  served: readonly ServedResource[],
  namespace: string,
): Promise<readonly Doomed[]> {
  const selector = invocation.flags.string('selector')
  const doomed: Doomed[] = []
  for (const { resource, name } of parseSelections(served, invocation.positionals)) {
    const scope = resource.namespaced ? namespace : undefined
    if (name !== undefined) doomed.push({ resource, name, namespace: scope })
    else if (!selector && !invocation.flags.boolean('all'))
      throw usageError(`say which ${resource.type.plural} to delete: a name, -l SELECTOR, or --all`)
    else {
      const { items } = await client.list(resource.type, {
        ...(scope === undefined ? {} : { namespace: scope }),
        ...(selector ? { labelSelector: selector } : {}),
      })
      doomed.push(...items.map((object) => doomedOf(resource, object, namespace)))
    }
  }
  return doomed
}

function doomedOf(resource: ServedResource, object: KubernetesObject, namespace: string): Doomed {
  return { resource, name: object.metadata.name, namespace: resource.namespaced ? (object.metadata.namespace ?? namespace) : undefined }
}

/** @returns false when there was nothing to delete. */
async function deleteOne(
  { flags, streams }: Invocation,
  client: ResourceClient,
  { resource, name, namespace }: Doomed,
  gracePeriodSeconds: number | undefined,
): Promise<boolean> {
  try {
    await client.delete(resource.type, name, namespace, {
      propagationPolicy: 'Background',
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    })
  } catch (error) {
    if (statusOf(error)?.code !== 404) throw error
    if (!flags.boolean('ignore-not-found'))
      streams.stderr.write(
        `Error from server (NotFound): ${resource.type.plural}${resource.type.group === '' ? '' : `.${resource.type.group}`} "${name}" not found\n`,
      )
    return false
  }
  const [kind] = objectName(resource, name).split('/')
  streams.stdout.write(`${kind} "${name}" deleted\n`)
  return true
}

/** Follows one object until it is gone, or another has taken its name. */
async function untilGone(client: ResourceClient, { resource, name, namespace, uid }: Required<Doomed>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => void informer.close().then(() => reject(signal.reason as Error), reject)
    const informer = client.watch(resource.type, {
      ...(namespace === undefined ? {} : { namespace }),
      fieldSelector: `metadata.name=${name}`,
      onEvent: (event) => {
        const current = event.type === 'applied' ? event.object : event.type === 'synced' ? informer.get(name, namespace) : undefined
        if (current?.metadata.uid === uid) return
        signal.removeEventListener('abort', onAbort)
        informer.close().then(resolve, reject)
      },
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
