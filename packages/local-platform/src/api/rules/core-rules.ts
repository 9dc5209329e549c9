/** Namespaces, ConfigMaps, Secrets and CustomResourceDefinitions: what Kubernetes fills in and refuses to change. */
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, listOf, sameJson, textOf } from '../../json-fields.js'
import type { StatusCause } from '../api-failure.js'
import { invalidValue, type KindRules, type RuleContext } from './kind-rules.js'

/** Kubernetes' NamespaceLifecycle admission keeps these. */
const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public'])

export const namespaceRules: KindRules = {
  prepare: (object, { old }) => {
    const { name, labels } = object.metadata
    return {
      ...object,
      metadata: { ...object.metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } },
      spec: old ? object['spec'] : { finalizers: ['kubernetes'] },
      status: old ? object['status'] : { phase: 'Active' },
    }
  },
  holds: ({ metadata }) => (immortal.has(metadata.name) ? 'this namespace may not be deleted' : undefined),
  warnings: warnOfInjection,
}

/** Labels by which Istio's webhook injects; there is none here. */
function warnOfInjection(object: KubernetesObject, old: KubernetesObject | undefined): readonly string[] {
  const { labels = {} } = object.metadata
  const asks = ([key, value]: readonly [string, string]): boolean =>
    (key === 'istio-injection' && value === 'enabled') || key === 'istio.io/rev'
  return Object.entries(labels)
    .filter((label) => asks(label) && old?.metadata.labels?.[label[0]] !== label[1])
    .map(
      ([key, value]) =>
        `metadata.labels: ${key}=${value} injects nothing: the local platform calls no webhooks; pass manifests through "heddle kube-inject"`,
    )
}

export const configMapRules: KindRules = { check: (object, { old }) => frozen(object, old, ['data', 'binaryData']) }

export const secretRules: KindRules = {
  check: (object, { old }) => [
    ...frozen(object, old, ['data']),
    ...(old && old['type'] !== object['type'] ? [invalidValue('type', object['type'], 'field is immutable')] : []),
  ],
}

function frozen(object: KubernetesObject, old: KubernetesObject | undefined, fields: readonly string[]): readonly StatusCause[] {
  if (old?.['immutable'] !== true) return []
  const changed = [...fields, 'immutable'].filter((field) => !sameJson(old[field], object[field]))
  return changed.map((field) => ({
    reason: 'FieldValueForbidden',
    field,
    message: 'Forbidden: field is immutable when `immutable` is set',
  }))
}

export const definitionRules: KindRules = {
  prepare: (object, context) => {
    const spec = fieldsOf(object['spec'])
    const names = fieldsOf(spec['names'])
    const kind = textOf(names['kind']) ?? ''
    const accepted = { ...names, singular: names['singular'] ?? kind.toLowerCase(), listKind: names['listKind'] ?? `${kind}List` }
    return {
      ...object,
      spec: { ...spec, names: accepted, conversion: spec['conversion'] ?? { strategy: 'None' } },
      status: establishedStatus(spec, accepted, context),
    }
  },
  check: (object) => {
    const spec = fieldsOf(object['spec'])
    const expected = `${String(fieldsOf(spec['names'])['plural'])}.${String(spec['group'])}`
    if (object.metadata.name !== expected)
      return [invalidValue('metadata.name', object.metadata.name, 'must be spec.names.plural+"."+spec.group')]
    const stored = listOf(spec['versions']).filter((version) => version['storage'] === true)
    return stored.length === 1
      ? []
      : [invalidValue('spec.versions', stored.length, 'must have exactly one version marked as storage version')]
  },
}

/** Names are accepted at once here: there is one server and one catalogue. */
function establishedStatus(spec: Fields, acceptedNames: Fields, { old, nowMs }: RuleContext): Fields {
  const before = fieldsOf(old?.['status'])
  const lastTransitionTime = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const condition = (type: string, reason: string, message: string): Fields => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime,
  })
  return {
    acceptedNames,
    conditions: before['conditions'] ?? [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    storedVersions: listOf(spec['versions'])
      .filter((version) => version['storage'] === true)
      .map((version) => version['name']),
  }
}
