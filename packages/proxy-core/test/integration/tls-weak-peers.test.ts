/** Peers whose certificates are good in all but their cryptography, as openssl makes them. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestIdentity } from '@heddle/ca/testing'
import type { ProxyDeps } from '@heddle/proxy-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { certificate, roots, secretsOf } from './secrets.js'
import { ask, id, runTls, td1, withTls } from './tls-stage.js'

const keep = keepOpen()

const run = (shape: Parameters<typeof runTls>[1], deps?: ProxyDeps): ReturnType<typeof runTls> => runTls(keep, shape, deps)

const program = 'openssl'
const hasOpenssl = spawnSync(program, ['version']).status === 0

describe.skipIf(!hasOpenssl)('T25: a peer with weak cryptography is refused', () => {
  let folder = ''
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: readonly string[]): string => {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return ''
  }
  /** A leaf that openssl signs, good in all but its key or its hash. */
  const leaf = (name: string, key: readonly string[], hash: string): TestIdentity => {
    openssl('genpkey', ...key, '-out', at(`${name}.key`))
    openssl('req', '-new', '-key', at(`${name}.key`), '-subj', '/', '-out', at(`${name}.csr`))
    writeFileSync(
      at(`${name}.ext`),
      `keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth,serverAuth\nsubjectAltName=critical,URI:${id}\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n`,
    )
    const signing = ['x509', '-req', '-CA', at('root.pem'), '-CAkey', at('root.key'), '-set_serial', '77', '-days', '2']
    openssl(...signing, '-in', at(`${name}.csr`), `-${hash}`, '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`))
    const certPem = readFileSync(at(`${name}.pem`), 'utf8')
    return { spiffeId: id, certPem, chainPem: certPem, keyPem: readFileSync(at(`${name}.key`), 'utf8'), chain: [] }
  }
  const ec = (curve: string): string[] => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`]
  const rsa = (bits: number): string[] => ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`]

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-weak-'))
    openssl('genpkey', ...rsa(2048), '-out', at('root.key'))
    const root = ['req', '-x509', '-new', '-key', at('root.key'), '-subj', '/O=td1', '-days', '2', '-out', at('root.pem')]
    openssl(...root, '-addext', 'keyUsage=critical,keyCertSign')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each([
    ['a good one, for comparison', () => leaf('good', ec('P-256'), 'sha256'), /hello$/],
    ['a signature over SHA-1', () => leaf('sha1', ec('P-256'), 'sha1'), /^$/],
    ['a signature over MD5', () => leaf('md5', ec('P-256'), 'md5'), /^$/],
    ['RSA of 1024 bits', () => leaf('rsa1024', rsa(1024), 'sha256'), /^$/],
    ['P-192', () => leaf('p192', ec('prime192v1'), 'sha256'), /^$/],
    ['secp256k1', () => leaf('k1', ec('secp256k1'), 'sha256'), /^$/],
  ])('%s', async (_, make, expected) => {
    let identity: TestIdentity
    try {
      identity = make()
    } catch (error) {
      // An OpenSSL that refuses to make it has done the proxy's work.
      expect(expected.source, String(error)).toBe('^$')
      return
    }
    const proxy = await run(withTls, {
      secrets: secretsOf(certificate(td1.issue('spiffe://td1/ns/a/sa/server')), roots(readFileSync(at('root.pem'), 'utf8'), 'td1')),
    })
    const weakest = { ciphers: 'DEFAULT@SECLEVEL=0', sigalgs: 'ECDSA+SHA256:RSA+SHA256:RSA-PSS+SHA256:ECDSA+SHA1:RSA+SHA1' }
    expect(await ask(proxy.port, identity, weakest).catch(() => '')).toMatch(expected)
  })
})
