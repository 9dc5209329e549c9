/** Server-side printing: objects as a `Table` of meta.k8s.io/v1 or v1beta1, which kubectl asks for by its Accept header. */
import type { KubernetesObject } from '@heddle/client'
import type { ResourceKind } from './resource-kind.js'

export interface TableRequest {
  readonly version: 'v1' | 'v1beta1'
  /** Query `includeObject`: None, Metadata (default) or Object. */
  readonly includeObject: string
}

/** The Table form that the client prefers, or undefined when it wants plain objects. */
export function tableRequest(accept: string | undefined, includeObject: string | null): TableRequest | undefined {
  for (const part of (accept ?? '').split(',')) {
    const parameters = part.split(';').map((parameter) => parameter.trim())
    const version = parameters.find((parameter) => parameter.startsWith('v='))?.slice(2)
    if (parameters.includes('as=Table') && (version === 'v1' || version === 'v1beta1'))
      return { version, includeObject: includeObject ?? 'Metadata' }
    if (parameters[0] === 'application/json' || parameters[0] === '*/*') return undefined
  }
  return undefined
}

export interface ListMetadata {
  readonly resourceVersion?: string | undefined
  readonly continue?: string | undefined
  readonly remainingItemCount?: number | undefined
}

export function renderTable(
  kind: ResourceKind,
  objects: readonly KubernetesObject[],
  metadata: ListMetadata,
  request: TableRequest,
  nowMs: number,
): object {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${request.version}`,
    metadata,
    columnDefinitions: kind.columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format: format ?? '',
      description: description ?? '',
      priority: priority ?? 0,
    })),
    rows: objects.map((object) => ({
      cells: kind.columns.map((column) => column.cell(object, nowMs)),
      ...rowObject(object, request),
    })),
  }
}

function rowObject(object: KubernetesObject, { version, includeObject }: TableRequest): object {
  if (includeObject === 'None') return {}
  if (includeObject === 'Object') return { object }
  return { object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata } }
}
