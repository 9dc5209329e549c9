/** Makes and compares the views of resources that analyzers work on. */
import { kindInfo } from '../../kinds/kind-info.js'
import { kindType } from '../../kinds/kind-type.js'
import { parseApiVersion } from '../../kinds/api-version.js'
import type { KubernetesObject } from '../../resource.js'
import type { ParsedDocument } from '../../yaml/parse-documents.js'
import { conform } from '../conform.js'
import type { View } from './view-type.js'

export type { View } from './view-type.js'

/** @returns undefined for what is no resource or of a kind that is not known. */
export function viewOf(value: unknown, document: ParsedDocument | undefined, defaultNamespace: string): View | undefined {
  const { apiVersion, kind } = (value ?? {}) as { readonly apiVersion?: unknown; readonly kind?: unknown }
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined
  const info = kindInfo(apiVersion, kind)
  const type = kindType(apiVersion, kind)
  if (info === undefined || type === undefined) return undefined
  const resource = conform(type, value) as KubernetesObject
  const { name = '', namespace, labels = {}, annotations = {} } = resource.metadata ?? {}
  return {
    resource,
    group: parseApiVersion(apiVersion).group,
    kind,
    name,
    namespace: info.isNamespaced ? namespace || defaultNamespace : '',
    labels,
    annotations,
    document,
  }
}

/** One resource read twice, as from two files that hold alternatives of it: nothing contradicts itself. */
export function isSameResource(a: View<object>, b: View<object>): boolean {
  return a === b || (a.name === b.name && a.namespace === b.namespace && a.kind === b.kind && a.group === b.group)
}

/** Whether labels have everything that a selector asks for; an empty selector takes all. */
export function selects(selector: Readonly<Record<string, string>> | undefined, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value)
}

/** `app=web, version=v1` */
export function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

/** `NAMESPACE/NAME`, as messages name resources. */
export function nameOf({ namespace, name }: Pick<View, 'name' | 'namespace'>): string {
  return namespace === '' ? name : `${namespace}/${name}`
}
