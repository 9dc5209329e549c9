import { describe, expect, it } from 'vitest'
import { readMeshConfig } from '../../src/index.js'

describe('the mesh configuration', () => {
  it('has what translation reads', () => {
    const { config, ignored } = readMeshConfig(`
accessLogFile: /dev/stdout
connectTimeout: 3s
defaultConfig:
  discoveryAddress: istiod.istio-system.svc:15012
  meshId: mesh1
  tracing:
    sampling: 50
enableAutoMtls: false
enableTracing: true
outboundTrafficPolicy:
  mode: REGISTRY_ONLY
rootNamespace: istio-system
trustDomain: example.org
trustDomainAliases: [cluster.local]
`)
    expect(config).toEqual({
      accessLogFile: '/dev/stdout',
      connectTimeoutMs: 3000,
      enableAutoMtls: false,
      enableTracing: true,
      meshId: 'mesh1',
      outboundTrafficPolicy: 'REGISTRY_ONLY',
      rootNamespace: 'istio-system',
      traceSamplingPercent: 50,
      trustDomain: 'example.org',
      trustDomainAliases: ['cluster.local'],
    })
    expect(ignored).toEqual([])
  })

  it('without a field has Istio’s default: no access log', () => {
    expect(readMeshConfig('').config).toEqual({ accessLogFile: '' })
  })

  it('names the fields that have no effect', () => {
    expect(readMeshConfig('ingressClass: istio\ndefaultConfig: {concurrency: 2, tracing: {zipkin: {}}}').ignored).toEqual([
      'ingressClass',
      'defaultConfig.concurrency',
      'defaultConfig.tracing.zipkin',
    ])
  })

  it.each([
    ['- a list', /must be a mapping/],
    ['accessLogFile: 5', /accessLogFile must be a string/],
    ['enableTracing: "yes"', /enableTracing must be a boolean/],
    ['outboundTrafficPolicy: {mode: ANY}', /ALLOW_ANY or REGISTRY_ONLY/],
    ['connectTimeout: soon', /connectTimeout/],
    ['defaultConfig: {tracing: {sampling: 101}}', /percentage/],
    ['trustDomainAliases: old', /list of trust domains/],
    ['trustDomainAliases: ["a/ns/b"]', /list of trust domains/],
    ['a: [', /is no MeshConfig/],
  ])('refuses %s', (text, message) => {
    expect(() => readMeshConfig(text)).toThrow(message)
  })
})
