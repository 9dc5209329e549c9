import { describe, expect, it } from 'vitest'
import { peerAuthenticationSchema, resourceSchema, virtualServiceSchema } from '../../src/zod.js'

const virtualService = (spec: unknown) => ({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'a' }, spec })
const pathsOf = (value: unknown) => virtualServiceSchema.safeParse(value).error?.issues.map((issue) => issue.path.join('.'))

describe('zod schemas', () => {
  it('accept what validation accepts', () => {
    const value = virtualService({
      hosts: ['a'],
      http: [{ match: [{ uri: { prefix: '/' } }], route: [{ destination: { host: 'a' } }], timeout: '5s' }],
    })
    expect(virtualServiceSchema.parse(value)).toEqual(value)
    const policy = {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'a' },
      spec: { mtls: { mode: 'STRICT' } },
    }
    expect(peerAuthenticationSchema.parse(policy).spec?.mtls?.mode).toBe('STRICT')
  })

  it('refuse unknown fields, wrong types, bad syntax and two of one', () => {
    expect(pathsOf(virtualService({ hosts: 'a' }))).toEqual(['spec.hosts'])
    expect(pathsOf(virtualService({ hots: ['a'] }))).toEqual(['spec'])
    expect(pathsOf(virtualService({ http: [{ timeout: '5' }] }))).toEqual(['spec.http.0.timeout'])
    expect(pathsOf(virtualService({ http: [{ match: [{ uri: { exact: 'a', regex: 'b' } }] }] }))).toEqual(['spec.http.0.match.0.uri.regex'])
  })

  it('exist for Kubernetes kinds, circles included', () => {
    const crds = resourceSchema('apiextensions.k8s.io/v1', 'CustomResourceDefinition')
    expect(crds?.safeParse({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', spec: { group: 1 } }).success).toBe(
      false,
    )
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a', creationTimestamp: null },
      spec: { ports: [{ port: 80, targetPort: 'http' }] },
    }
    expect(resourceSchema('v1', 'Service')?.parse(service)).toEqual(service)
    expect(resourceSchema('v2', 'Service')).toBeUndefined()
  })
})
