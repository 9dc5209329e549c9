import { describe } from 'vitest'
import { accepts, run } from './rule-cases.js'

describe('Gateway', () => {
  const server = (port: string, rest = '') => `{servers: [{port: {${port}}, hosts: ["*"]${rest}}]}`
  const plain = 'number: 80, name: http, protocol: HTTP'
  const secure = 'number: 443, name: https, protocol: HTTPS'
  run('Gateway', [
    ['a server is missing', '{selector: {istio: ingressgateway}}', 'spec.servers', 'gateway/servers-required'],
    ['hosts are missing', `{servers: [{port: {${plain}}}]}`, 'spec.servers[0].hosts', 'missing-field'],
    ['hosts are empty', `{servers: [{port: {${plain}}, hosts: []}]}`, 'spec.servers[0].hosts', 'gateway/hosts-required'],
    ['a host is short', `{servers: [{port: {${plain}}, hosts: [a]}]}`, 'spec.servers[0].hosts[0]', 'bad-host'],
    ['a wildcard is partial', `{servers: [{port: {${plain}}, hosts: ["*a.com"]}]}`, 'spec.servers[0].hosts[0]', 'bad-host'],
    ['a namespace is bad', `{servers: [{port: {${plain}}, hosts: ["a_b/*"]}]}`, 'spec.servers[0].hosts[0]', 'bad-host'],
    ['a protocol is unknown', server('number: 80, name: http, protocol: HTPT'), 'spec.servers[0].port.protocol', 'bad-enum'],
    ['a port is 0', server('number: 0, name: http, protocol: HTTP'), 'spec.servers[0].port.number', 'bad-port'],
    ['a port name is missing', server('number: 80, protocol: HTTP'), 'spec.servers[0].port.name', 'missing-field'],
    [
      'a port name stands twice',
      `{servers: [{port: {${plain}}, hosts: ["*"]}, {port: {${plain}}, hosts: ["*"]}]}`,
      'spec.servers[1].port.name',
      'gateway/duplicate-port-name',
    ],
    ['HTTPS needs tls', server(secure), 'spec.servers[0].tls', 'gateway/tls-required'],
    [
      'SIMPLE needs a certificate',
      server(secure, ', tls: {mode: SIMPLE}'),
      'spec.servers[0].tls.credentialName',
      'server-tls/certificate-required',
    ],
    [
      'MUTUAL files need a CA',
      server(secure, ', tls: {mode: MUTUAL, serverCertificate: /a, privateKey: /b}'),
      'spec.servers[0].tls.caCertificates',
      'server-tls/ca-required',
    ],
    [
      'a certificate needs its key',
      server(secure, ', tls: {mode: SIMPLE, serverCertificate: /a}'),
      'spec.servers[0].tls.privateKey',
      'server-tls/private-key',
    ],
    [
      'one source is enough',
      server(secure, ', tls: {mode: SIMPLE, credentialName: a, credentialNames: [b]}'),
      'spec.servers[0].tls.credentialNames',
      'server-tls/one-certificate',
    ],
    [
      'ISTIO_MUTUAL has its own',
      server(secure, ', tls: {mode: ISTIO_MUTUAL, credentialName: a}'),
      'spec.servers[0].tls.credentialName',
      'server-tls/istio-mutual',
    ],
    [
      'HTTP is not encrypted',
      server(plain, ', tls: {mode: SIMPLE, credentialName: a}'),
      'spec.servers[0].tls',
      'gateway/tls-on-plain-port',
    ],
  ])
  run(
    'Gateway',
    [
      [
        'passing through needs no certificate',
        server(secure, ', tls: {credentialName: a}'),
        'spec.servers[0].tls.credentialName',
        'server-tls/passthrough',
      ],
      [
        'a cipher suite is unknown',
        server(secure, ', tls: {mode: SIMPLE, credentialName: a, cipherSuites: [X]}'),
        'spec.servers[0].tls.cipherSuites[0]',
        'server-tls/cipher-suite',
      ],
    ],
    'warning',
  )
  accepts('Gateway', [
    ['a redirect to HTTPS', server(plain, ', tls: {httpsRedirect: true}')],
    ['pins of client certificates', server(secure, ', tls: {mode: MUTUAL, credentialName: a, verifyCertificateSpki: [x]}')],
    ['SIMPLE with a secret', server(secure, ', tls: {mode: SIMPLE, credentialName: a}')],
    ['a host of one namespace', `{servers: [{port: {${plain}}, hosts: [./a.com, "ns/*.b.com", 10.0.0.1]}]}`],
    ['a unix socket', '{servers: [{port: {number: 0, name: a, protocol: HTTP}, bind: "unix:///a", hosts: ["*"]}]}'],
    ['protocols in any case', server('number: 80, name: http, protocol: http')],
  ])
})

describe('cases that are easily judged otherwise', () => {
  const server = (tls: string) => `{servers: [{hosts: [a.com], port: {number: 443, name: https, protocol: HTTPS}, tls: {${tls}}}]}`
  const pair = 'serverCertificate: /a, privateKey: /b'
  run('Gateway', [
    [
      'a pair has no key',
      server('mode: SIMPLE, tlsCertificates: [{serverCertificate: /a}]'),
      'spec.servers[0].tls.tlsCertificates[0].privateKey',
      'server-tls/private-key',
    ],
    [
      'a pair has no certificate',
      server('mode: SIMPLE, tlsCertificates: [{privateKey: /a}]'),
      'spec.servers[0].tls.tlsCertificates[0].serverCertificate',
      'server-tls/private-key',
    ],
    [
      'pairs need authorities',
      server(`mode: MUTUAL, tlsCertificates: [{${pair}}]`),
      'spec.servers[0].tls.caCertificates',
      'server-tls/ca-required',
    ],
  ])
  run(
    'Gateway',
    [
      [
        'a list is not read where TLS passes',
        server('mode: PASSTHROUGH, caCrl: /a'),
        'spec.servers[0].tls.caCrl',
        'server-tls/passthrough',
      ],
    ],
    'warning',
  )
  run(
    'Gateway',
    [['a list stands in the Secret', server('mode: MUTUAL, credentialName: a, caCrl: /a'), 'spec.servers[0].tls.caCrl', 'server-tls/crl']],
    'warning',
  )
  accepts('Gateway', [
    ['half a pair beside a credential', server('mode: SIMPLE, credentialName: a, serverCertificate: /a')],
    ['suites with a sign', server('mode: SIMPLE, credentialName: a, cipherSuites: ["-ECDHE-RSA-AES128-SHA"]')],
  ])
})
