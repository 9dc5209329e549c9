import { customResourceDefinitions, kindExecution, validateObject } from '@heddle/config-schema'
import { describe, expect, it } from 'vitest'
import { fieldRules, fieldsWithoutEffect } from '../src/index.js'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: unknown
}

const schemaOf = (kind: string): Schema => {
  const definition = customResourceDefinitions().find(({ spec }) => spec.names.kind === kind)
  return definition?.spec.versions.at(-1)?.schema?.openAPIV3Schema as Schema
}

describe('fields without effect', () => {
  it.each(Object.entries(fieldRules).flatMap(([kind, rules]) => rules.map(({ path }) => [kind, path] as const)))(
    '%s %s is a field of the schema',
    (kind, path) => {
      let schema: Schema | undefined = schemaOf(kind)
      for (const step of path.split('.')) {
        schema = schema?.properties?.[step.replace('[]', '')]
        if (step.endsWith('[]')) schema = schema?.items
      }
      expect(schema).toBeDefined()
    },
  )

  it('have rules for exactly the kinds that apply takes as executed', () => {
    const executed = customResourceDefinitions().filter(
      ({ spec }) => kindExecution(`${spec.group}/v1`, spec.names.kind).outcome === 'executed',
    )
    expect(executed.map(({ spec }) => spec.names.kind).sort()).toEqual(Object.keys(fieldRules).sort())
  })

  it('that are rejected are refused by validation, too', () => {
    const refused = (name: string): readonly string[] => {
      const tls = { mode: 'MUTUAL', credentialName: 'a', [name]: ['x'] }
      const servers = [{ port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['a.example'], tls }]
      const gateway = {
        apiVersion: 'networking.istio.io/v1',
        kind: 'Gateway',
        metadata: { name: 'a' },
        spec: { selector: { a: 'b' }, servers },
      }
      return validateObject(gateway, { target: 'heddle' })
        .diagnostics.filter(({ severity }) => severity === 'error')
        .map(({ path }) => path)
    }
    const rejected = Object.values(fieldRules).flatMap((rules) => rules.filter(({ outcome }) => outcome === 'rejected'))
    expect(rejected).toHaveLength(2)
    for (const { path } of rejected) expect(refused(path.split('.').at(-1) ?? '')).toEqual([path.replace('[]', '[0]')])
  })

  it('are found with the index of their list items', () => {
    const resource = {
      kind: 'VirtualService',
      spec: { hosts: ['a'], http: [{ route: [] }, { match: [{ uri: { exact: '/' } }, { statPrefix: 'a' }], route: [] }] },
    }
    expect(fieldsWithoutEffect(resource)).toEqual([
      { path: ['spec', 'http', 1, 'match', 1, 'statPrefix'], reason: 'statistics by prefix are not implemented' },
    ])
  })

  it('are none for kinds and fields that work', () => {
    expect(fieldsWithoutEffect({ kind: 'Service' })).toEqual([])
    expect(
      fieldsWithoutEffect({
        kind: 'DestinationRule',
        spec: { host: 'a', trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 } } } },
      } as { kind: string }),
    ).toEqual([])
  })
})
