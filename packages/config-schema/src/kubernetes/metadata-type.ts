/** `metadata` of every resource, apart from the rest of Kubernetes' types. */
import { metadataTypes } from '../gen/kubernetes-metadata.js'
import type { ObjectType } from '../model/field-type.js'
import { typeTable, type TypeTable } from './type-table.js'

export const metadataTable: TypeTable = typeTable(metadataTypes)
export const objectMeta: ObjectType = metadataTable('ObjectMeta')
