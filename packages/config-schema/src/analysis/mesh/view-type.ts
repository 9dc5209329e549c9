/** One resource as analyzers see it: typed, with its identity resolved and the document it was read from. */
import type { KubernetesObject } from '../../resource.js'
import type { ParsedDocument } from '../../yaml/parse-documents.js'

export interface View<Resource = KubernetesObject> {
  readonly resource: Resource
  readonly group: string
  readonly kind: string
  readonly name: string
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly document: ParsedDocument | undefined
}
