import { describe, expect, it } from 'vitest'
import { inspectObject, knownPart } from '../../src/api/schema-validation.js'

const object = (apiVersion: string, kind: string, spec: object) => ({ apiVersion, kind, metadata: { name: 'a', namespace: 'ns' }, spec })

describe('what this mesh does not execute', () => {
  it('is refused where it would protect something', () => {
    for (const kind of ['AuthorizationPolicy', 'RequestAuthentication']) {
      const { causes } = knownPart(object('security.istio.io/v1', kind, {}))
      expect(causes).toMatchObject([{ field: 'kind', message: expect.stringContaining('not enforced by this mesh') as string }])
    }
  })

  it('is accepted with a warning otherwise', () => {
    const telemetry = object('telemetry.istio.io/v1', 'Telemetry', { accessLogging: [{ disabled: true }] })
    expect(knownPart(telemetry).causes).toEqual([])
    expect(inspectObject(telemetry).warnings).toEqual([expect.stringContaining('Accepted, not yet executed by this mesh')])
  })

  it('is none of the kinds of the article', () => {
    const spec = { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }] }] }
    expect(inspectObject(object('networking.istio.io/v1', 'VirtualService', spec))).toEqual({ unknownFields: [], warnings: [] })
  })
})

describe('a field without a value', () => {
  const spec = { hosts: ['a'], gateways: null, http: [{ timeout: null, route: [{ destination: { host: 'a' } }] }] }
  const written = object('networking.istio.io/v1', 'VirtualService', spec)

  it('is not stored, as by an API server, and its writer hears of it', () => {
    const { known, causes } = knownPart(written)
    expect(causes).toEqual([])
    expect(known['spec']).toEqual({ hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }] }] })
    expect(inspectObject(written).warnings).toHaveLength(2)
  })
})
