/**
 * Objects against the schemas of config-schema: the causes of a 422, fields nobody knows (refused, warned of or dropped, by
 * `fieldValidation`), what this mesh does not execute or enforce, and the defaults an API server stores. Kinds of foreign CustomResourceDefinitions pass unchecked.
 */
import type { KubernetesObject } from '@heddle/client'
import { defaultObject, type Diagnostic, type KubernetesObject as SchemaObject, kindInfo, validateObject } from '@heddle/config-schema'
import type { StatusCause } from './api-failure.js'

export interface SchemaFindings {
  /** `unknown field "spec.http[0].rout", did you mean "route"`. */
  readonly unknownFields: readonly string[]
  readonly warnings: readonly string[]
}

/** What the writer of an object should hear. */
export function inspectObject(object: KubernetesObject): SchemaFindings {
  if (!hasSchema(object)) return { unknownFields: [], warnings: [] }
  const { diagnostics } = validateObject(object, { target: 'heddle' })
  return {
    unknownFields: diagnostics.filter(({ ruleId }) => ruleId === 'unknown-field').map(unknownFieldMessage),
    warnings: diagnostics
      .filter(({ severity }) => severity === 'warning')
      .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
  }
}

export interface KnownPart {
  /** The object without the fields that its schema does not know, as an API server stores it. */
  readonly known: KubernetesObject
  /** Why it cannot be stored. */
  readonly causes: readonly StatusCause[]
}

export function knownPart(object: KubernetesObject): KnownPart {
  if (!hasSchema(object)) return { known: object, causes: [] }
  const { resource, diagnostics } = validateObject(object, { target: 'heddle', unknownFields: 'prune' })
  const causes = diagnostics.filter(({ severity }) => severity === 'error').map(causeOf)
  return { known: (resource as KubernetesObject | undefined) ?? object, causes }
}

function hasSchema({ apiVersion, kind }: KubernetesObject): boolean {
  return kindInfo(apiVersion, kind) !== undefined
}

/** The object with the defaults of its kind. */
export function fillDefaults(object: KubernetesObject): KubernetesObject {
  return defaultObject(object as unknown as SchemaObject) as unknown as KubernetesObject
}

const causeReasons: Readonly<Record<string, string>> = {
  'missing-field': 'FieldValueRequired',
  'wrong-type': 'FieldValueTypeInvalid',
  'unknown-value': 'FieldValueNotSupported',
}

function causeOf({ ruleId, path, message, suggestion }: Diagnostic): StatusCause {
  const hint = suggestion === undefined ? '' : ` Did you mean ${JSON.stringify(suggestion)}?`
  return { reason: causeReasons[ruleId] ?? 'FieldValueInvalid', field: path, message: `${message}${hint}` }
}

function unknownFieldMessage({ path, suggestion }: Diagnostic): string {
  const hint = suggestion === undefined ? '' : `, did you mean ${JSON.stringify(suggestion)}`
  return `unknown field "${path}"${hint}`
}
