import { describe } from 'vitest'
import { run } from './rule-cases.js'

describe('Sidecar', () => {
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
