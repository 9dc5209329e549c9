import { describe, expect, it } from 'vitest'
import type { ServerTlsSettings } from '../../src/index.js'
import { serverTls } from '../../src/gateway/server-tls.js'

function secrets(tls: ServerTlsSettings): { readonly certificates: readonly string[]; readonly roots: string | undefined } {
  const { certificates = [], validation } = serverTls(tls, 'http').common
  const name = ({ source, name: of }: { source: string; name: string }): string => `${source} ${of}`
  return { certificates: certificates.map(name), roots: validation && name(validation.roots) }
}

describe('the secrets of a TLS server are named as istiod names them', () => {
  it.each<[string, ServerTlsSettings, readonly string[], string | undefined]>([
    ['a credential', { mode: 'SIMPLE', credentialName: 'c' }, ['ads kubernetes://c'], undefined],
    [
      'one of another namespace',
      { mode: 'MUTUAL', credentialName: 'kubernetes://n/c' },
      ['ads kubernetes://n/c'],
      'ads kubernetes://n/c-cacert',
    ],
    [
      'a name with the suffix',
      { mode: 'MUTUAL', credentialName: 'c-cacert' },
      ['ads kubernetes://c-cacert'],
      'ads kubernetes://c-cacert-cacert',
    ],
    ['several', { mode: 'MUTUAL', credentialNames: ['a', 'b'] }, ['ads kubernetes://a', 'ads kubernetes://b'], 'ads kubernetes://a-cacert'],
    [
      'roots apart',
      { mode: 'MUTUAL', credentialName: 'c', caCertCredentialName: 'r' },
      ['ads kubernetes://c'],
      'ads kubernetes://r-cacert',
    ],
    [
      'roots with the suffix',
      { mode: 'MUTUAL', credentialName: 'c', caCertCredentialName: 'r-cacert' },
      ['ads kubernetes://c'],
      'ads kubernetes://r-cacert',
    ],
    ['the workload’s own', { mode: 'MUTUAL', credentialName: 'builtin://' }, ['agent default'], 'agent ROOTCA'],
    ['one that is never valid', { mode: 'SIMPLE', credentialName: 'invalid://x' }, ['ads invalid://'], undefined],
    [
      'files',
      { mode: 'MUTUAL', serverCertificate: '/a', privateKey: '/b', caCertificates: '/c' },
      ['agent file-cert:/a~/b'],
      'agent file-root:/c',
    ],
    [
      'files with revocation lists',
      { mode: 'MUTUAL', serverCertificate: '/a', privateKey: '/b', caCertificates: '/c', caCrl: '/l' },
      ['agent file-cert:/a~/b'],
      'agent file-root:/c~/l',
    ],
    [
      'several pairs of files',
      {
        mode: 'MUTUAL',
        caCertificates: '/c',
        tlsCertificates: [
          { serverCertificate: '/a', privateKey: '/b' },
          { serverCertificate: '/d', privateKey: '/e' },
        ],
      },
      ['agent file-cert:/a~/b', 'agent file-cert:/d~/e'],
      'agent file-root:/c',
    ],
  ])('%s', (_, tls, certificates, roots) => {
    expect(secrets(tls)).toEqual({ certificates, roots })
  })
})
