/**
 * The JSON Schemas as a folder of files, in the layout that yaml-language-server (its Kubernetes CRD store) and kubeconform (its
 * `-schema-location`) read: `GROUP/KIND_VERSION.json` in lower case, kinds of the core group beside the folders. `all.json` chooses
 * among them by apiVersion and kind, for editors that take one schema for all manifests.
 */
import { jsonSchema, type JsonSchema } from './json-schema.js'
import { preferredApiVersion } from './kinds/kind-info.js'
import { kindTable } from './kinds/kind-table.js'

export interface JsonSchemaFile {
  /** Below the folder, with slashes. */
  readonly path: string
  readonly schema: JsonSchema
}

/** The schema of every kind in every served version, and `all.json`. */
export function jsonSchemaFiles(): readonly JsonSchemaFile[] {
  const files = everyVersion().map(({ path, apiVersion, kind }) => ({ path, schema: jsonSchema(apiVersion, kind) ?? {} }))
  return [...files, { path: 'all.json', schema: chooser() }]
}

interface KindVersion {
  readonly path: string
  readonly apiVersion: string
  readonly kind: string
}

function everyVersion(): readonly KindVersion[] {
  return kindTable.flatMap((info) =>
    info.versions.map((version) => ({
      path: `${info.group === '' ? '' : `${info.group}/`}${info.kind.toLowerCase()}_${version}.json`,
      apiVersion: preferredApiVersion({ ...info, versions: [version] }),
      kind: info.kind,
    })),
  )
}

/** Kinds of others are let through: nothing is known of them. */
function chooser(): JsonSchema {
  const all = everyVersion()
  const text = (known: readonly string[], description: string): JsonSchema => ({
    description,
    anyOf: [{ enum: [...new Set(known)] }, { type: 'string' }],
  })
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Resources of Istio, the Gateway API and Kubernetes',
    properties: {
      apiVersion: text(
        all.map(({ apiVersion }) => apiVersion),
        'Group and version of the kind.',
      ),
      kind: text(
        all.map(({ kind }) => kind),
        'What the resource is.',
      ),
    },
    allOf: all.map(({ path, apiVersion, kind }) => ({
      if: { properties: { apiVersion: { const: apiVersion }, kind: { const: kind } }, required: ['apiVersion', 'kind'] },
      // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
      then: { $ref: path },
    })),
  }
}
