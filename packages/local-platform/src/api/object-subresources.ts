/** Subresources that answer a POST: `serviceaccounts/NAME/token`; and the review kinds, which are never stored. */
import type { KubernetesObject } from '@heddle/client'
import { fieldsOf, numberOf, textOf } from '../json-fields.js'
import { invalid, methodNotAllowed, notFound } from './api-failure.js'
import { timestamp } from './object-metadata.js'
import type { Registry } from './registry.js'
import { qualifiedName, type ResourceKind } from './resource-kind.js'
import { requiredValue } from './rules/kind-rules.js'
import type { TokenIssuer } from './token-issuer.js'

export interface SubresourceServices {
  readonly tokens: TokenIssuer
  /** Whether who asks has rights on resources. */
  readonly mayUseResources: boolean
}

export interface SubresourceTarget {
  readonly kind: ResourceKind
  readonly namespace: string | undefined
  readonly name: string
  readonly subresource: string
}

export async function createSubresource(
  registry: Registry,
  services: SubresourceServices,
  { kind, namespace, name, subresource }: SubresourceTarget,
  body: KubernetesObject,
): Promise<KubernetesObject> {
  const object = registry.get(kind, namespace, name)
  if (kind.group === '' && kind.plural === 'serviceaccounts' && subresource === 'token') return issueToken(registry, services, object, body)
  throw methodNotAllowed(`${qualifiedName(kind)}/${subresource}`)
}

/** authentication.k8s.io/v1 TokenRequest; a bound Pod must exist and be the one meant. */
async function issueToken(
  registry: Registry,
  { tokens }: Pick<SubresourceServices, 'tokens'>,
  account: KubernetesObject,
  body: KubernetesObject,
): Promise<KubernetesObject> {
  const spec = fieldsOf(body['spec'])
  const reference = fieldsOf(spec['boundObjectRef'])
  const podKind = registry.catalog.byPlural('', 'v1', 'pods') as ResourceKind
  const podName = reference['kind'] === 'Pod' ? (textOf(reference['name']) ?? '') : undefined
  const pod = podName === undefined ? undefined : registry.find(podKind, account.metadata.namespace, podName)
  if (podName !== undefined && (!pod || (textOf(reference['uid']) ?? pod.metadata.uid) !== pod.metadata.uid))
    throw notFound(podKind, podName)
  const audiences = Array.isArray(spec['audiences']) ? spec['audiences'].filter((entry): entry is string => typeof entry === 'string') : []
  const issued = await tokens.issue({ account, pod, audiences, expirationSeconds: numberOf(spec['expirationSeconds']) ?? 3600 })
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name: account.metadata.name, ...(account.metadata.namespace !== undefined && { namespace: account.metadata.namespace }) },
    spec: { ...spec, audiences: issued.audiences, expirationSeconds: issued.expirationSeconds },
    status: { token: issued.token, expirationTimestamp: timestamp(issued.expiresAtMs) },
  }
}

export async function answerReview(kind: ResourceKind, services: SubresourceServices, body: KubernetesObject): Promise<KubernetesObject> {
  const { tokens, mayUseResources } = services
  const spec = fieldsOf(body['spec'])
  const answer = (status: object): KubernetesObject => ({ ...body, metadata: body.metadata ?? { name: '' }, status })
  if (kind.kind === 'SelfSubjectAccessReview')
    return answer(mayUseResources ? { allowed: true, reason: 'there is no RBAC: who has rights has all' } : { allowed: false })
  const token = textOf(spec['token'])
  if (!token) throw invalid(kind, '', [requiredValue('spec.token')])
  const wanted = Array.isArray(spec['audiences']) ? (spec['audiences'] as readonly string[]) : undefined
  const verified = await tokens.verify(token, wanted)
  if (!verified) return answer({ authenticated: false, error: 'the token is not valid', user: {} })
  return answer({ authenticated: true, user: verified.user, audiences: verified.audiences })
}
