/** The types of Kubernetes' own kinds. */
import { kubernetesKinds, kubernetesTypes } from '../gen/kubernetes.js'
import type { ObjectType } from '../model/field-type.js'
import { metadataTable } from './metadata-type.js'
import { moreKinds, moreTypes } from './more-kinds.js'
import { typeTable, type TypeTable } from './type-table.js'

/** The type of a name in the table, such as `PodSpec`. */
export const kubernetesType: TypeTable = typeTable({ ...kubernetesTypes, ...moreTypes }, metadataTable)

const kinds: Readonly<Record<string, string>> = { ...kubernetesKinds, ...moreKinds }

/** The type of a kind such as (`apps/v1`, `Deployment`), or undefined for a kind outside the table. */
export function kubernetesKindType(apiVersion: string, kind: string): ObjectType | undefined {
  const key = `${apiVersion} ${kind}`
  return Object.hasOwn(kinds, key) ? kubernetesType(kinds[key] as string) : undefined
}
