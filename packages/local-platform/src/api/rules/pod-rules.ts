/**
 * Pods: the service account and its mounted token (Kubernetes' ServiceAccount admission), and the few fields of a
 * running Pod's spec that may change.
 */
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, listOf, sameJson, textOf } from '../../json-fields.js'
import type { StatusCause } from '../api-failure.js'
import type { KindRules, RuleContext } from './kind-rules.js'

export const podRules: KindRules = { prepare: preparePod, check: checkPod }

const tokenDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'

function preparePod(object: KubernetesObject, context: RuleContext): KubernetesObject {
  if (context.old) return object
  const spec = fieldsOf(object['spec'])
  const account = textOf(spec['serviceAccountName']) ?? 'default'
  const stored = context.find('serviceaccounts', account, object.metadata.namespace)
  if (!stored)
    throw context.forbid(
      `error looking up service account ${object.metadata.namespace ?? ''}/${account}: serviceaccount "${account}" not found`,
    )
  const named = { ...spec, serviceAccountName: account, serviceAccount: account }
  const isMounted = (spec['automountServiceAccountToken'] ?? stored['automountServiceAccountToken'] ?? true) === true
  return {
    ...object,
    spec: isMounted ? mountToken(named, context.suffix()) : named,
    status: { phase: 'Pending', qosClass: 'Burstable' },
  }
}

function mountToken(spec: Fields, suffix: string): Fields {
  const name = `kube-api-access-${suffix}`
  const mount = (container: Fields): Fields => {
    const mounts = listOf(container['volumeMounts'])
    if (mounts.some((existing) => existing['mountPath'] === tokenDirectory)) return container
    return { ...container, volumeMounts: [...mounts, { name, readOnly: true, mountPath: tokenDirectory }] }
  }
  return {
    ...spec,
    containers: listOf(spec['containers']).map(mount),
    ...(Array.isArray(spec['initContainers']) && { initContainers: listOf(spec['initContainers']).map(mount) }),
    volumes: [...listOf(spec['volumes']), { name, projected: { defaultMode: 420, sources: tokenSources } }],
  }
}

const tokenSources: readonly Fields[] = [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
]

function checkPod(object: KubernetesObject, { old }: RuleContext): readonly StatusCause[] {
  const spec = fieldsOf(object['spec'])
  if (!old || sameJson(fixedPart(spec), fixedPart(fieldsOf(old['spec'])))) return []
  const isBinding =
    fieldsOf(old['spec'])['nodeName'] === undefined &&
    sameJson(fixedPart({ ...spec, nodeName: undefined }), fixedPart(fieldsOf(old['spec'])))
  if (isBinding) return []
  return [
    {
      reason: 'FieldValueForbidden',
      field: 'spec',
      message:
        'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    },
  ]
}

function fixedPart(spec: Fields): Fields {
  const unimaged = (list: unknown): unknown =>
    Array.isArray(list) ? listOf(list).map((container) => ({ ...container, image: undefined })) : list
  return {
    ...spec,
    containers: unimaged(spec['containers']),
    initContainers: unimaged(spec['initContainers']),
    activeDeadlineSeconds: undefined,
    tolerations: undefined,
    terminationGracePeriodSeconds: undefined,
  }
}
