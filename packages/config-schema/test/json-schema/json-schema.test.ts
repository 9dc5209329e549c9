import { describe, expect, it } from 'vitest'
import { jsonSchema, type JsonSchema } from '../../src/json-schema.js'
import { jsonSchemaFiles } from '../../src/json-schema-files.js'
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
      enumDescriptions: ['Plain text.', expect.any(String), expect.any(String), "Mutual TLS with the mesh's own certificates."],
      markdownDescription: expect.stringMatching(/^- `DISABLE`: Plain text\.\n[^]*\n\nDefault: `DISABLE`\.$/) as string,
    })
    expect(definitions?.['WarmupConfiguration']?.properties?.['aggression']?.markdownDescription).toBe('Default: `1`.')
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

describe('jsonSchemaFiles', () => {
  const files = new Map(jsonSchemaFiles().map(({ path, schema: content }) => [path, content]))

  it('are laid out as yaml-language-server and kubeconform look for them', () => {
    expect(files.get('networking.istio.io/virtualservice_v1beta1.json')?.title).toBe('VirtualService')
    expect(files.get('gateway.networking.k8s.io/httproute_v1.json')?.title).toBe('HTTPRoute')
    expect(files.get('service_v1.json')?.title).toBe('Service')
    expect([...files.keys()].filter((path) => path !== path.toLowerCase())).toEqual([])
  })

  it('have one that leads to each of the others', () => {
    const chooser = files.get('all.json')
    expect(referencesOf(chooser).toSorted()).toEqual([...files.keys()].filter((path) => path !== 'all.json').toSorted())
  })

  it('are small enough to be carried along', () => {
    const bytes = [...files.values()].reduce((sum, content) => sum + JSON.stringify(content).length, 0)
    expect(bytes).toBeLessThan(1_200_000)
  })
})
