import { describe, expect, it } from 'vitest'
import { jsonSchema, type JsonSchema } from '../../src/json-schema.js'
import { preferredApiVersion } from '../../src/kinds/kind-info.js'
import { kindTable } from '../../src/kinds/kind-table.js'

const schema = (apiVersion: string, kind: string): JsonSchema => jsonSchema(apiVersion, kind) as JsonSchema

function referencesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, entry]) => (key === '$ref' && typeof entry === 'string' ? [entry] : referencesOf(entry)))
}

describe('jsonSchema', () => {
  it.each(kindTable.map((info) => [preferredApiVersion(info), info.kind] as const))(
    'of %s %s is complete in itself',
    (apiVersion, kind) => {
      const root = schema(apiVersion, kind)
      expect(root.properties?.['kind']).toEqual({ type: 'string', const: kind })
      for (const reference of referencesOf(root)) expect(root.definitions).toHaveProperty([reference.replace('#/definitions/', '')])
      expect(root.additionalProperties).toBe(false)
    },
  )

  it('is there for every served version and for no other', () => {
    expect(schema('networking.istio.io/v1alpha3', 'VirtualService').properties?.['apiVersion']?.const).toBe('networking.istio.io/v1alpha3')
    expect(jsonSchema('networking.istio.io/v2', 'VirtualService')).toBeUndefined()
  })

  it('says what editors show: descriptions, values, defaults, deprecation', () => {
    const { definitions } = schema('networking.istio.io/v1', 'DestinationRule')
    expect(definitions?.['ClientTLSSettings']?.properties?.['mode']).toMatchObject({
      enum: ['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'],
      default: 'DISABLE',
      markdownDescription: 'One of `DISABLE`, `SIMPLE`, `MUTUAL`, `ISTIO_MUTUAL`.\n\nDefault: `DISABLE`.',
    })
    expect(definitions?.['OutlierDetection']?.properties?.['consecutiveErrors']).toMatchObject({
      deprecated: true,
      description: 'Deprecated: use consecutive5xxErrors.',
    })
    expect(definitions?.['DestinationRuleSpec']).toMatchObject({ required: ['host'], additionalProperties: false })
  })

  it('lets at most one of several fields stand', () => {
    const { definitions } = schema('networking.istio.io/v1', 'VirtualService')
    expect(definitions?.['StringMatch']?.allOf?.[0]?.oneOf).toHaveLength(4)
  })
})
