/**
 * Objects against the schemas of config-schema: the causes of a 422, fields nobody knows (refused, warned of or dropped, by
 * `fieldValidation`), what this mesh does not execute or enforce, and the defaults an API server stores. Kinds of foreign CustomResourceDefinitions pass unchecked.
 */
import type { KubernetesObject } from '@heddle/client'
import { defaultObject, type Diagnostic, type KubernetesObject as SchemaObject, kindInfo, validateObject } from '@heddle/config-schema'
import type { StatusCause } from './api-failure.js'

export interface SchemaFindings {
  readonly causes: readonly StatusCause[]
  readonly unknownFields: readonly UnknownField[]
  readonly warnings: readonly string[]
}

export interface UnknownField {
  /** `spec.http[0].rout`. */
  readonly path: string
  /** `unknown field "spec.http[0].rout", did you mean "route"`. */
  readonly message: string
}

const nothingFound: SchemaFindings = { causes: [], unknownFields: [], warnings: [] }

export function inspectObject(object: KubernetesObject): SchemaFindings {
  if (kindInfo(object.apiVersion, object.kind) === undefined) return nothingFound
  const { diagnostics } = validateObject(object, { target: 'heddle' })
  const isUnknown = (diagnostic: Diagnostic): boolean => diagnostic.ruleId === 'unknown-field'
  return {
    causes: diagnostics.filter((diagnostic) => diagnostic.severity === 'error' && !isUnknown(diagnostic)).map(causeOf),
    unknownFields: diagnostics.filter(isUnknown).map(unknownFieldOf),
    warnings: diagnostics
      .filter((diagnostic) => diagnostic.severity === 'warning')
      .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
  }
}

/** The object with the defaults of its kind. */
export function fillDefaults(object: KubernetesObject): KubernetesObject {
  return defaultObject(object as unknown as SchemaObject) as unknown as KubernetesObject
}

/** The object without the fields that its schema does not know, as an API server stores it. */
export function pruneFields(object: KubernetesObject, unknown: readonly UnknownField[]): KubernetesObject {
  return unknown.reduce<unknown>((pruned, { path }) => without(pruned, segmentsOf(path)), object) as KubernetesObject
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

function unknownFieldOf({ path, suggestion }: Diagnostic): UnknownField {
  const hint = suggestion === undefined ? '' : `, did you mean ${JSON.stringify(suggestion)}`
  return { path, message: `unknown field "${path}"${hint}` }
}

/** Reads a path back into its parts: names, `[3]`, `["a/b"]`. */
function segmentsOf(path: string): readonly string[] {
  return [...path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)].map(
    (match) => match[1] ?? (match[2] === undefined ? (match[3] as string) : (JSON.parse(match[2]) as string)),
  )
}

function without(value: unknown, [head, ...rest]: readonly string[]): unknown {
  if (head === undefined || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((entry: unknown, index) => (String(index) === head ? without(entry, rest) : entry))
  const entries = Object.entries(value).filter(([key]) => key !== head || rest.length > 0)
  return Object.fromEntries(entries.map(([key, entry]) => [key, key === head ? without(entry, rest) : entry]))
}
