import { describe, expect, it } from 'vitest'
import { validateObject } from '../../src/validate/validate.js'
import { run } from './rule-cases.js'

describe('ServiceEntry', () => {
  it.each([
    ['a misspelt resolution', { addresses: ['10.0.0.0/8'], resolution: 'STATC' }, 'bad-enum STATIC'],
    ['a misspelt protocol', { hosts: ['a.com', 'b.com'], ports: [{ number: 443, name: 'a', protocol: 'TLSS' }] }, 'bad-enum TLS'],
    ['an impossible address', { resolution: 'STATIC', endpoints: [{ address: '10.0.0.256' }] }, 'bad-address'],
    ['a misspelt port', { endpoints: [{ address: 'b.com', ports: { htpp: 1 } }] }, 'service-entry/endpoint-port http'],
    ['an impossible port name', { endpoints: [{ address: 'b.com', ports: { 'http:': 1 } }] }, 'bad-name'],
  ])('says of %s one thing', (_name, more, expected) => {
    const spec = { hosts: ['a.com'], ports: [{ number: 80, name: 'http', protocol: 'HTTP' }], resolution: 'DNS', ...more }
    const { diagnostics } = validateObject({ apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata: { name: 'a' }, spec })
    expect(diagnostics.map(({ ruleId, suggestion }) => [ruleId, suggestion].join(' ').trim())).toEqual([expected])
  })

  run(
    'ServiceEntry',
    [
      [
        'hosts share an address',
        '{hosts: [a.com, b.com], addresses: [10.0.0.1], resolution: DNS, ports: [{number: 443, name: https, protocol: HTTPS}]}',
        'spec.addresses',
        'service-entry/shared-address',
      ],
    ],
    'warning',
  )
})
