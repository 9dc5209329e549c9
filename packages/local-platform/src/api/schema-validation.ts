/** Objects against the schemas of config-schema: causes of a 422, and unknown fields for `fieldValidation`. */
import type { KubernetesObject } from '@heddle/client'
import type { StatusCause } from './api-failure.js'
import type { ResourceKind } from './resource-kind.js'
export const validateWithSchema = (_object: KubernetesObject, _kind: ResourceKind): readonly StatusCause[] => []
export const checkUnknownFields = (_object: KubernetesObject): readonly string[] => []
