/** Kinds described by stored CustomResourceDefinitions (apiextensions.k8s.io/v1). */
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, listOf, textOf } from '../json-fields.js'
import { formatAge } from './age.js'
import type { ResourceKind, TableColumn } from './resource-kind.js'
import { ageColumn, nameColumn } from './table-columns.js'

/** The kind that a definition makes available, or undefined when it serves no version. */
export function kindOfDefinition(definition: KubernetesObject): ResourceKind | undefined {
  const spec = fieldsOf(definition['spec'])
  const names = fieldsOf(spec['names'])
  const served = listOf(spec['versions']).filter((version) => version['served'] !== false)
  const plural = textOf(names['plural'])
  const kind = textOf(names['kind'])
  const group = textOf(spec['group'])
  if (served.length === 0 || !plural || !kind || !group) return undefined
  const versions = served.map((version) => textOf(version['name']) ?? '').sort(compareVersions)
  return {
    group,
    versions,
    kind,
    plural,
    singular: textOf(names['singular']) ?? kind.toLowerCase(),
    shortNames: texts(names['shortNames']),
    categories: texts(names['categories']),
    isNamespaced: spec['scope'] !== 'Cluster',
    hasStatus: true,
    hasGeneration: true,
    subresources: [{ name: 'status', kind, verbs: ['get', 'patch', 'update'] }],
    isReview: false,
    columns: columnsOf(listOf(served.find((version) => version['name'] === versions[0])?.['additionalPrinterColumns'])),
    selectableFields: served
      .flatMap((version) => listOf(version['selectableFields']))
      .map(({ jsonPath }) => (textOf(jsonPath) ?? '').replace(/^\./, '')),
    schemas: Object.fromEntries(
      served.map((version) => [textOf(version['name']) ?? '', fieldsOf(fieldsOf(version['schema'])['openAPIV3Schema'])]),
    ),
    isCustom: true,
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}

function columnsOf(printed: readonly Fields[]): readonly TableColumn[] {
  if (printed.length === 0) return [nameColumn, ageColumn]
  return [nameColumn, ...printed.map(printerColumn)]
}

function printerColumn(column: Fields): TableColumn {
  const path = textOf(column['jsonPath']) ?? ''
  const isDate = column['type'] === 'date'
  return {
    name: textOf(column['name']) ?? '',
    type: column['type'] === 'integer' ? 'integer' : 'string',
    description: textOf(column['description']) ?? '',
    priority: typeof column['priority'] === 'number' ? column['priority'] : 0,
    cell: (object, nowMs) => (isDate ? formatAge(valueAt(object, path), nowMs) : cellText(valueAt(object, path))),
  }
}

function cellText(value: unknown): string | number | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value)
}

/** Printer columns use the plain part of JSONPath: `.spec.hosts`, `.spec.servers[0].port`, `.status.conditions[?(@.type=="Ready")].status`. */
function valueAt(object: unknown, path: string): unknown {
  let value: unknown = object
  for (const match of path.matchAll(/\.([A-Za-z0-9_-]+)|\[(\d+)\]|\[\?\(@\.([A-Za-z0-9_]+)\s*==\s*["']([^"']*)["']\)\]/g)) {
    if (match[1] !== undefined) value = fieldsOf(value)[match[1]]
    else if (match[2] !== undefined) value = Array.isArray(value) ? (value as readonly unknown[])[Number(match[2])] : undefined
    else value = listOf(value).find((entry) => String(entry[match[3] as string]) === match[4])
  }
  return value
}

/** Kubernetes' version priority: stable before beta before alpha, then the higher number first. */
function compareVersions(a: string, b: string): number {
  const rank = (version: string): readonly number[] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
    if (!match) return [3, 0, 0]
    return [match[2] === undefined ? 0 : match[2] === 'beta' ? 1 : 2, -Number(match[1]), -Number(match[3] ?? 0)]
  }
  const [left, right] = [rank(a), rank(b)]
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] as number) - (right[index] as number)
    if (difference !== 0) return difference
  }
  return a < b ? -1 : 1
}
