/** The fields that a field selector may name, by kind: those of the Kubernetes API server, for an API that took more would mislead. */
import type { KubernetesObject } from '@heddle/client'
import { fieldsOf, listOf } from '../json-fields.js'
import { badRequest } from './api-failure.js'
import { qualifiedName, type ResourceKind } from './resource-kind.js'

/** The text that a selector compares with; empty for a field that is not set. */
type SelectableField = (object: KubernetesObject) => string

const at = (path: string): SelectableField => {
  const parts = path.split('.')
  return (object) => textAt(object, parts)
}
const flagAt = (path: string): SelectableField => {
  const text = at(path)
  return (object) => text(object) || 'false'
}
const paths = (...names: readonly string[]): Readonly<Record<string, SelectableField>> =>
  Object.fromEntries(names.map((name) => [name, at(name)]))

const metadataFields = paths('metadata.name', 'metadata.namespace')

const fieldsOfKind: Readonly<Record<string, Readonly<Record<string, SelectableField>>>> = {
  events: {
    ...paths(
      'involvedObject.apiVersion',
      'involvedObject.fieldPath',
      'involvedObject.kind',
      'involvedObject.name',
      'involvedObject.namespace',
      'involvedObject.resourceVersion',
      'involvedObject.uid',
      'reason',
      'reportingComponent',
      'type',
    ),
    source: (object) => at('source.component')(object) || at('reportingComponent')(object),
  },
  namespaces: paths('status.phase'),
  nodes: { 'spec.unschedulable': flagAt('spec.unschedulable') },
  pods: {
    ...paths(
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'status.nominatedNodeName',
      'status.phase',
      'status.podIP',
    ),
    'spec.hostNetwork': flagAt('spec.hostNetwork'),
    'status.podIPs': (object) =>
      listOf(fieldsOf(object['status'])['podIPs'])
        .map(({ ip }) => String(ip))
        .join(','),
  },
  secrets: paths('type'),
  services: paths('spec.clusterIP', 'spec.type'),
  'jobs.batch': { 'status.successful': (object) => at('status.succeeded')(object) || '0' },
}

/** @throws 400 BadRequest for a field that objects of the kind are not selected by. */
export function selectableField(kind: ResourceKind, label: string): SelectableField {
  const known = { ...metadataFields, ...fieldsOfKind[qualifiedName(kind)] }
  const field = Object.hasOwn(known, label) ? known[label] : undefined
  if (field) return field
  if (kind.selectableFields.includes(label)) return at(label)
  throw badRequest(`field label not supported: ${label}`)
}

function textAt(object: KubernetesObject, parts: readonly string[]): string {
  const value = parts.reduce<unknown>((inner, part) => fieldsOf(inner)[part], object)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
