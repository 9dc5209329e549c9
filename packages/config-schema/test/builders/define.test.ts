/** Builders: what they fill in, and (held by the type check) what does not compile. */
import { describe, expect, it } from 'vitest'
import * as gatewayApi from '../../src/gateway-api.js'
import * as index from '../../src/index.js'
import { customKinds } from '../../src/kinds/custom-kinds.js'
import { validateObject } from '../../src/validate/validate.js'

const { defineAuthorizationPolicy, defineDestinationRule, defineGateway, defineVirtualService } = index
const metadata = { name: 'reviews', namespace: 'default' }

describe('builders', () => {
  it('fill in apiVersion and kind', () => {
    const rule = defineDestinationRule({ metadata, spec: { host: 'reviews', subsets: [{ name: 'v1', labels: { version: 'v1' } }] } })
    expect(rule).toMatchObject({ apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata })
    expect(validateObject(rule).diagnostics).toEqual([])
  })

  it('take another served version', () => {
    const route = [{ destination: { host: 'reviews' } }]
    const service = defineVirtualService({
      apiVersion: 'networking.istio.io/v1beta1',
      metadata,
      spec: { hosts: ['reviews'], http: [{ route }] },
    })
    expect(service.apiVersion).toBe('networking.istio.io/v1beta1')
    expect(Object.keys(service)).toEqual(['apiVersion', 'kind', 'metadata', 'spec'])
  })

  it('are there for every kind', () => {
    const builders = [...Object.keys(index), ...Object.keys(gatewayApi)]
      .filter((name) => name.startsWith('define'))
      .map((name) => name.toLowerCase())
    expect([...new Set(builders)].sort()).toEqual([...new Set(customKinds.map(({ kind }) => `define${kind.toLowerCase()}`))].sort())
  })

  it('refuse wrong fields and values at compile time', () => {
    // @ts-expect-error a misspelt field
    defineVirtualService({ metadata, spec: { hosts: ['a'], htpp: [] } })
    // @ts-expect-error a misspelt field, deep inside
    defineVirtualService({ metadata, spec: { hosts: ['a'], http: [{ route: [{ destination: { hots: 'a' } }] }] } })
    // @ts-expect-error a value of the wrong type
    defineVirtualService({ metadata, spec: { hosts: ['a'], http: [{ timeout: 5 }] } })
    // @ts-expect-error a word that is not in the list
    defineDestinationRule({ metadata, spec: { host: 'a', trafficPolicy: { tls: { mode: 'STRICT' } } } })
    // @ts-expect-error a required field is missing
    defineGateway({ metadata, spec: { servers: [{ hosts: ['*'] }] } })
    // @ts-expect-error a version that is not served
    defineAuthorizationPolicy({ apiVersion: 'security.istio.io/v1alpha3', metadata, spec: {} })
    // @ts-expect-error a resource needs a name
    defineAuthorizationPolicy({ metadata: {}, spec: {} })
    // @ts-expect-error a field of the kind of the same name in Istio
    gatewayApi.defineGateway({ metadata, spec: { gatewayClassName: 'istio', servers: [] } })
    expect(true).toBe(true)
  })
})
