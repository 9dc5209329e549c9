import { describe } from 'vitest'
import { run } from './rule-cases.js'

describe('ServiceEntry', () => {
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
