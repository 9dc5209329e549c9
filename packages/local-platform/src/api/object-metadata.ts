/** The part of an object the API owns: name, uid, times, generation, and what an update may not touch (ObjectMeta). */
import type { KubernetesObject, ObjectMeta } from '@heddle/client'
import { sameJson } from '../json-fields.js'
import { type StatusCause, badRequest } from './api-failure.js'
import type { ResourceKind } from './resource-kind.js'
import { invalidValue, requiredValue } from './rules/kind-rules.js'

/** Kubernetes' time format: RFC 3339 to the second, UTC. */
export function timestamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
}

const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** Five characters without vowels and look-alikes, as Kubernetes generates them. */
export function nameSuffix(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 5)].map((byte) => suffixAlphabet[byte % suffixAlphabet.length]).join('')
}

export interface NewObject {
  readonly uid: string
  readonly nowMs: number
  readonly suffix: string
}

/** Metadata of an object about to be created; what only the server may say is dropped from the request. */
export function newMetadata(kind: ResourceKind, object: KubernetesObject, namespace: string | undefined, fresh: NewObject): ObjectMeta {
  const { resourceVersion, deletionTimestamp: _d, deletionGracePeriodSeconds: _g, generation: _n, ...given } = object.metadata
  if (resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
  const name = given.name || (given.generateName ? `${given.generateName.slice(0, 58)}${fresh.suffix}` : '')
  return {
    ...given,
    name,
    ...(kind.isNamespaced && namespace !== undefined && { namespace }),
    uid: fresh.uid,
    creationTimestamp: timestamp(fresh.nowMs),
    ...(kind.hasGeneration && { generation: 1 }),
  }
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

export function checkMetadata(kind: ResourceKind, { name, labels }: ObjectMeta): readonly StatusCause[] {
  if (!name) return [requiredValue('metadata.name', 'name or generateName is required')]
  const causes: StatusCause[] = []
  const isLabel = kind.group === '' && (kind.plural === 'services' || kind.plural === 'namespaces')
  if (isLabel ? !dnsLabel.test(name) : name.length > 253 || !dnsSubdomain.test(name))
    causes.push(
      invalidValue(
        'metadata.name',
        name,
        `a lowercase RFC ${isLabel ? '1123 label' : '1123 subdomain'} must consist of lower case alphanumeric characters${isLabel ? '' : ", '-' or '.'"}${isLabel ? " or '-'" : ''}, and must start and end with an alphanumeric character`,
      ),
    )
  for (const [key, value] of Object.entries(labels ?? {}))
    if (typeof value !== 'string' || !/^(|[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/.test(value))
      causes.push(
        invalidValue(
          'metadata.labels',
          value,
          `the value of label "${key}" must be 63 characters or less of A-Z a-z 0-9 - _ . and start and end with an alphanumeric`,
        ),
      )
  return causes
}

/** Metadata of an update: the client's labels, annotations, owners and finalizers over what the server keeps. */
export function updatedMetadata(old: KubernetesObject, next: KubernetesObject): ObjectMeta {
  const { labels, annotations, ownerReferences, finalizers } = next.metadata
  const { labels: _l, annotations: _a, ownerReferences: _o, finalizers: _f, ...kept } = old.metadata
  return {
    ...kept,
    ...(labels && Object.keys(labels).length > 0 && { labels }),
    ...(annotations && Object.keys(annotations).length > 0 && { annotations }),
    ...(ownerReferences && ownerReferences.length > 0 && { ownerReferences }),
    ...(finalizers && finalizers.length > 0 && { finalizers }),
  }
}

/** Whether anything outside metadata and status changed. */
export function specChanged(old: KubernetesObject, next: KubernetesObject): boolean {
  const strip = ({ metadata: _m, status: _s, apiVersion: _v, ...rest }: KubernetesObject): object => rest
  return !sameJson(strip(old), strip(next))
}
