/** Finding the Pod that a command means: by name, by `deploy/NAME`, `svc/NAME`, or by selector. */
import { HeddleError } from '@heddle/base'
import type { KubernetesObject, ResourceType } from '@heddle/client/resources'
import { usageError } from '../command/parse.js'
import { deployments, pods, replicaSets, services } from './resource-types.js'
import type { Target } from './target.js'

const owners: Readonly<Record<string, ResourceType>> = {
  deploy: deployments,
  deployment: deployments,
  deployments: deployments,
  'deployment.apps': deployments,
  rs: replicaSets,
  replicaset: replicaSets,
  svc: services,
  service: services,
  services: services,
}

/** @throws HEDDLE_CLI_NOT_FOUND, HEDDLE_CLI_USAGE */
export async function findPod(target: Target, word: string | undefined): Promise<KubernetesObject> {
  if (word === undefined) throw usageError('say which Pod: a name, deploy/NAME or svc/NAME')
  const [name, namespace] = splitNamespace(word)
  const scoped = namespace === undefined ? target : { ...target, namespace }
  const [kind, object] = name.includes('/') ? (name.split('/') as [string, string]) : ['pod', name]
  if (!object) throw usageError(`"${word}" is not TYPE/NAME`)
  if (['pod', 'pods', 'po'].includes(kind)) return existing(scoped, pods, object)
  const type = owners[kind]
  if (!type) throw usageError(`"${kind}" has no Pods; name a pod, deploy, rs or svc`)
  const selector = selectorText(await existing(scoped, type, object))
  // A Service without a selector has endpoints that somebody else made; an empty selector would be every Pod.
  const found = selector === '' ? [] : await podsWith(scoped, selector)
  const pod = found.find((one) => (one['status'] as { phase?: string } | undefined)?.phase === 'Running') ?? found[0]
  if (pod) return pod
  throw new HeddleError({ code: 'HEDDLE_CLI_NOT_FOUND', message: `no Pods of ${word} in namespace ${scoped.namespace}`, origin: 'user' })
}

export async function podsWith({ client, namespace }: Target, labelSelector: string): Promise<readonly KubernetesObject[]> {
  return (await client.list(pods, { namespace, labelSelector })).items
}

/** istioctl's form `POD.NAMESPACE`; Pod names cannot hold a dot that Deployments made. */
function splitNamespace(word: string): readonly [string, string | undefined] {
  const dot = word.includes('/') ? -1 : word.indexOf('.')
  return dot < 0 ? [word, undefined] : [word.slice(0, dot), word.slice(dot + 1)]
}

async function existing({ client, namespace }: Target, type: ResourceType, name: string): Promise<KubernetesObject> {
  const object = await client.get(type, name, namespace)
  if (object) return object
  throw new HeddleError({
    code: 'HEDDLE_CLI_NOT_FOUND',
    message: `${type.plural} "${name}" not found in namespace ${namespace}`,
    origin: 'user',
    hint: `List them with "heddle get ${type.plural} -n ${namespace}".`,
  })
}

function selectorText(object: KubernetesObject): string {
  const selector = (object['spec'] as { readonly selector?: Readonly<Record<string, unknown>> }).selector ?? {}
  const labels = (selector['matchLabels'] ?? selector) as Readonly<Record<string, string>>
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** Undefined until the Pod has an address. */
export function podIpOf(pod: KubernetesObject): string | undefined {
  return (pod['status'] as { readonly podIP?: string } | undefined)?.podIP
}
