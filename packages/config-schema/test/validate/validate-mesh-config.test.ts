import { describe, expect, it } from 'vitest'
import { validateMeshConfig } from '../../src/validate/validate-mesh-config.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const check = (text: string) => parseDocuments(text).documents.flatMap((document) => validateMeshConfig(document).diagnostics)

describe('validateMeshConfig', () => {
  it('takes what istiod writes', () => {
    const text = `accessLogFile: /dev/stdout
defaultConfig:
  discoveryAddress: istiod.istio-system.svc:15012
  tracing: {zipkin: {address: zipkin.istio-system:9411}}
defaultProviders: {metrics: [prometheus]}
enablePrometheusMerge: true
extensionProviders:
- name: otel
  envoyOtelAls: {service: opentelemetry-collector.observability.svc.cluster.local, port: 4317}
rootNamespace: istio-system
trustDomain: cluster.local
`
    expect(check(text)).toEqual([])
  })

  it.each([
    ['accesLogFile: /dev/stdout', 'accesLogFile', 'unknown-field'],
    ['outboundTrafficPolicy: {mode: REGISTRY}', 'outboundTrafficPolicy.mode', 'bad-enum'],
    ['connectTimeout: 2h', 'connectTimeout', 'mesh-config/connect-timeout'],
    ['proxyListenPort: 70000', 'proxyListenPort', 'bad-port'],
    ['defaultConfig: {discoveryAddress: istiod}', 'defaultConfig.discoveryAddress', 'mesh-config/address'],
    ['extensionProviders: [{name: a}]', 'extensionProviders[0]', 'one-of'],
  ])('finds what is wrong in %s, with its line', (text, path, ruleId) => {
    expect(check(`${text}\n`)).toMatchObject([{ path, ruleId, line: 1 }])
  })
})
