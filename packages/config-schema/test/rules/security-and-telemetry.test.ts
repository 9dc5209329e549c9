import { describe, expect, it } from 'vitest'
import { validateObject } from '../../src/validate/validate.js'
import { accepts, run } from './rule-cases.js'

describe('AuthorizationPolicy', () => {
  it.each([
    ['request.auth.claim[iss]', 'request.auth.claims[iss]'],
    ['request.auth.claim[a][b]', 'request.auth.claims[a][b]'],
    ['request.headers[x', 'request.headers[x]'],
    ['request.headers[x]]', 'request.headers[x]'],
    ['request.headers[]', undefined],
    ['source.ips', 'source.ip'],
  ])('suggests of the condition %s what is taken', (key, suggestion) => {
    const policy = (name: string) => ({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'a' },
      spec: { rules: [{ when: [{ key: name, values: ['10.0.0.1'] }] }] },
    })
    const { diagnostics } = validateObject(policy(key))
    expect(diagnostics.map((fault) => [fault.ruleId, fault.suggestion])).toEqual([['authorization-policy/condition-key', suggestion]])
    if (suggestion !== undefined) expect(validateObject(policy(suggestion)).diagnostics).toEqual([])
  })
})

describe('PeerAuthentication', () => {
  run('PeerAuthentication', [
    ['a mode is unknown', '{mtls: {mode: STRCIT}}', 'spec.mtls.mode', 'bad-enum'],
    ['ports need a selector', '{portLevelMtls: {80: {mode: STRICT}}}', 'spec.portLevelMtls', 'peer-authentication/selector-required'],
    ['a port is bad', '{selector: {matchLabels: {a: b}}, portLevelMtls: {http: {mode: STRICT}}}', 'spec.portLevelMtls.http', 'bad-port'],
    ['no port is set', '{selector: {matchLabels: {a: b}}, portLevelMtls: {}}', 'spec.portLevelMtls', 'map-size'],
  ])
  accepts('PeerAuthentication', [
    ['numbers as keys', '{selector: {matchLabels: {a: b}}, portLevelMtls: {80: {mode: STRICT}}}'],
    ['an empty spec', '{}'],
  ])
})

describe('RequestAuthentication', () => {
  const rule = (fields: string) => `{jwtRules: [{issuer: a, ${fields}}]}`
  run(
    'RequestAuthentication',
    [
      [
        'the header for the payload is none',
        rule('outputPayloadToHeader: "a b"'),
        'spec.jwtRules[0].outputPayloadToHeader',
        'bad-header-name',
      ],
      ['no request has such a header', rule('fromHeaders: [{name: "x:y"}]'), 'spec.jwtRules[0].fromHeaders[0].name', 'bad-header-name'],
    ],
    'warning',
  )
  run('RequestAuthentication', [
    [
      'the header for a claim is none',
      rule('outputClaimToHeaders: [{header: "a b", claim: c}]'),
      'spec.jwtRules[0].outputClaimToHeaders[0].header',
      'bad-header-name',
    ],
  ])
  accepts('RequestAuthentication', [['headers', rule('outputPayloadToHeader: x-payload, fromHeaders: [{name: x-token}]')]])
})

describe('Telemetry', () => {
  const tag = (header: string) => `{tracing: [{customTags: {a: {header: {name: "${header}"}}}}]}`
  run('Telemetry', [['a tag is of no header', tag('a b'), 'spec.tracing[0].customTags.a.header.name', 'bad-header-name']], 'warning')
  accepts('Telemetry', [
    ['a header', tag('x-user')],
    ['what proxies call the host', tag(':authority')],
  ])
})
