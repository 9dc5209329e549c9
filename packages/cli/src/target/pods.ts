/** Finding the Pod that a command means: by name, by `deploy/NAME`, `svc/NAME`, or by selector. */
import { HeddleError } from '@heddle/base'
import type { KubernetesObject, ResourceType } from '@heddle/client/resources'
import { usageError } from '../command/parse.js'
import { deployments, pods } from './resource-types.js'
import type { Target } from './target.js'
import { hasPods, kindOfWord, notRunText, type WorkloadKind } from './workload-kinds.js'

/** As kubectl names Pods: whatever dots are in a name. @throws HEDDLE_CLI_NOT_FOUND, HEDDLE_CLI_USAGE */
export async function findPod(target: Target, word: string | undefined): Promise<KubernetesObject> {
  if (word === undefined) throw usageError('say which Pod: a name, deploy/NAME or svc/NAME')
  const { kind, name } = wordParts(word)
  return podOf(target, word, kind, await existing(target, kind.type, name))
}

/**
 * As istioctl names Pods: also `POD.NAMESPACE` and `deploy/NAME.NAMESPACE`, read so when no object has the whole name.
 * @throws HEDDLE_CLI_NOT_FOUND, HEDDLE_CLI_USAGE
 */
export async function findProxyPod(target: Target, word: string | undefined): Promise<KubernetesObject> {
  if (word === undefined) throw usageError('say which Pod: POD[.NAMESPACE] or deploy/NAME[.NAMESPACE]')
  const { kind, name } = wordParts(word)
  const dot = name.lastIndexOf('.')
  const whole = dot < 0 ? undefined : await target.client.get(kind.type, name, target.namespace)
  if (dot < 0 || whole) return withProxy(target, await podOf(target, word, kind, whole ?? (await existing(target, kind.type, name))))
  const scoped = { ...target, namespace: name.slice(dot + 1) }
  return withProxy(target, await podOf(scoped, word, kind, await existing(scoped, kind.type, name.slice(0, dot))))
}

/** Otherwise it would only be known that nothing answers. */
function withProxy({ stateFolder }: Target, pod: KubernetesObject): KubernetesObject {
  if (containersOf(pod).includes('istio-proxy')) return pod
  const { name, namespace } = pod.metadata
  throw new HeddleError({
    code: 'HEDDLE_CLI_NOT_FOUND',
    message: `Pod ${namespace}/${name} has no proxy: it has no container istio-proxy`,
    origin: 'user',
    // No webhook injects on the local mesh.
    hint: `Put one in: heddle apply -f <(heddle kube-inject -f FILE)${stateFolder === undefined ? `, or for new Pods: heddle label ns ${namespace} istio-injection=enabled` : ''}`,
  })
}

/** In the order in which they start. */
export function containersOf(pod: KubernetesObject): readonly string[] {
  const spec = pod['spec'] as Readonly<Record<string, readonly { readonly name: string }[] | undefined>>
  return [...(spec['initContainers'] ?? []), ...(spec['containers'] ?? [])].map(({ name }) => name)
}

function wordParts(word: string): { readonly kind: WorkloadKind; readonly name: string } {
  const [first = '', second] = word.split('/')
  const name = word.includes('/') ? second : first
  if (!name || word.split('/').length > 2) throw usageError(`"${word}" is not TYPE/NAME`)
  const kind = word.includes('/') ? kindOfWord(first) : kindOfWord('pod')
  if (!kind || !hasPods(kind)) throw usageError(`"${first}" has no Pods; name a pod, deploy, rs or svc`)
  return { kind, name }
}

/** The Pod itself, or one of what owns or selects it: a running one if there is any. */
async function podOf(target: Target, word: string, kind: WorkloadKind, object: KubernetesObject): Promise<KubernetesObject> {
  if (kind.kind === 'Pod') return object
  const selector = selectorText(object)
  // A Service without a selector has endpoints that somebody else made; an empty selector would be every Pod.
  const found = selector === '' ? [] : await podsWith(target, selector)
  const pod = found.find((one) => (one['status'] as { phase?: string } | undefined)?.phase === 'Running') ?? found[0]
  if (pod) return pod
  const reason = target.stateFolder === undefined ? undefined : notRunText(kind)
  throw new HeddleError({
    code: 'HEDDLE_CLI_NOT_FOUND',
    message: `no Pods of ${word} in namespace ${target.namespace}${reason === undefined ? '' : `: ${reason}`}`,
    origin: 'user',
  })
}

export async function podsWith({ client, namespace }: Target, labelSelector: string): Promise<readonly KubernetesObject[]> {
  return (await client.list(pods, { namespace, labelSelector })).items
}

async function existing({ client, namespace }: Target, type: ResourceType, name: string): Promise<KubernetesObject> {
  const object = await client.get(type, name, namespace)
  if (object) return object
  throw new HeddleError({
    code: 'HEDDLE_CLI_NOT_FOUND',
    message: `${type.plural} "${name}" not found in namespace ${namespace}`,
    origin: 'user',
    hint: `${await ownerHint(client, type, name, namespace)}List them with "heddle get ${type.plural} -n ${namespace}".`,
  })
}

/** Pods are often called by the name of what makes them. */
async function ownerHint(client: Target['client'], { plural }: ResourceType, name: string, namespace: string): Promise<string> {
  const owner = plural === 'pods' ? await client.get(deployments, name, namespace).catch(() => undefined) : undefined
  return owner === undefined ? '' : `There is a Deployment of this name: deploy/${name}. `
}

/** The selector of a Service or a workload as a list request has it; empty when there is none. */
export function selectorText(object: KubernetesObject): string {
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
