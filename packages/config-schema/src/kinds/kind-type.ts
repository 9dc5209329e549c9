/** Joins apiVersion and kind to the declarative type that describes the whole resource. */
import { kubernetesKindType } from '../kubernetes/kubernetes-types.js'
import type { ObjectType } from '../model/field-model.js'
import { customKind } from './custom-kinds.js'
import { kindInfo } from './kind-info.js'

/** @returns undefined for a kind that is not known or a version that is not served. */
export function kindType(apiVersion: string, kind: string): ObjectType | undefined {
  const info = kindInfo(apiVersion, kind)
  if (info === undefined) return undefined
  return customKind(info.group, kind)?.type ?? kubernetesKindType(apiVersion, kind)
}
