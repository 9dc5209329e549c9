import { describe, expect, it } from 'vitest'
import { validateObject } from '../../src/validate/validate.js'
import { run } from './rule-cases.js'

describe('Sidecar', () => {
  it.each([
    ['istio-system', 'istio-system/*'],
    ['prod*', 'prod/*'],
    ['~', '~/*'],
    ['.', './*'],
    ['*', '*/*'],
    ['*.example.com', '*/*.example.com'],
  ])('says of the host %s without a namespace which one was meant', (host, suggestion) => {
    const value = { apiVersion: 'networking.istio.io/v1', kind: 'Sidecar', metadata: { name: 'a' }, spec: { egress: [{ hosts: [host] }] } }
    expect(validateObject(value).diagnostics).toMatchObject([{ ruleId: 'sidecar/host', suggestion }])
    const mended = { ...value, spec: { egress: [{ hosts: [suggestion] }] } }
    expect(validateObject(mended).diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  const port = '{number: 0, protocol: HTTP, name: a}'
  run('Sidecar', [
    [
      'a socket is taken',
      `{egress: [{port: ${port}, bind: "unix:///s", hosts: [./*]}, {port: ${port}, bind: "unix:///s", hosts: [./*]}]}`,
      'spec.egress[1].bind',
      'sidecar/duplicate-port',
    ],
    ['a wildcard has no dot', '{egress: [{hosts: [a/*b.com]}]}', 'spec.egress[0].hosts[0]', 'bad-host'],
  ])
  run(
    'Sidecar',
    [
      [
        'everything of a namespace is meant already',
        '{egress: [{hosts: [a/*, a/b.com]}]}',
        'spec.egress[0].hosts[1]',
        'sidecar/duplicate-host',
      ],
      [
        'everything of its own namespace is meant already',
        '{egress: [{hosts: [./*, ns/b.com]}]}',
        'spec.egress[0].hosts[1]',
        'sidecar/duplicate-host',
      ],
    ],
    'warning',
  )
})
