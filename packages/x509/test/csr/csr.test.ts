import { type KeyObject, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createCsr, encodePem, generateKey, parseCsr, parsePem, publicKeyOf } from '../../src/index.js'
import { oid } from '../../src/der/oid.js'
import { contextConstructedTag, tag } from '../../src/der/tag.js'
import { writeBits, writeOid, writeSequence, writeUnsignedInteger, writeValue } from '../../src/der/write-der.js'
import { keyAlgorithmOf, signatureAlgorithmOf, signWith } from '../../src/model/signature.js'
import { writeExtensions } from '../../src/model/write-extensions.js'

const label = 'CERTIFICATE REQUEST'

function derOf(pem: string): Uint8Array {
  const result = parsePem(pem)
  if (!result.ok) throw new Error(result.reason)
  return result.blocks[0]?.der as Uint8Array
}

/** A request put together by hand, each part replaceable. */
function compose(
  parts: { spki?: Uint8Array; attributes?: readonly Uint8Array[]; version?: number; signer?: KeyObject; tail?: Uint8Array } = {},
): string {
  const key = generateKey()
  const signer = parts.signer ?? key
  const algorithm = signatureAlgorithmOf(keyAlgorithmOf(signer))
  const info = writeSequence(
    writeUnsignedInteger(Uint8Array.of(parts.version ?? 0)),
    writeSequence(),
    parts.spki ?? publicKeyOf(key),
    writeValue(contextConstructedTag(0), ...(parts.attributes ?? [])),
  )
  return encodePem(label, writeSequence(info, algorithm, writeBits(signWith(signer, info)), ...(parts.tail ? [parts.tail] : [])))
}

function reasonOf(pem: string): string {
  const result = parseCsr(pem)
  return result.ok ? 'accepted' : result.reason
}

const extensionAttribute = (): Uint8Array =>
  writeSequence(
    writeOid(oid.extensionRequest),
    writeValue(tag.set, writeExtensions({ altNames: { uris: ['spiffe://a/b'] } }) as Uint8Array),
  )

describe('parseCsr', () => {
  it.each([
    ['P-256', () => generateKey(), 'ec-p256'],
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'ec-p384'],
    ['RSA-2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'rsa'],
  ])('accepts %s and reports what was asked for', (_, make, algorithm) => {
    const privateKey = make()
    const result = parseCsr(createCsr({ privateKey, subject: { commonName: 'x' }, altNames: { uris: ['spiffe://a/b'], dnsNames: ['c'] } }))
    if (!result.ok) throw new Error(result.reason)
    expect(result.csr).toMatchObject({ keyAlgorithm: algorithm, subject: { text: 'CN=x' } })
    expect(result.csr.requested.subjectAltNames).toMatchObject({ isCritical: false, uris: ['spiffe://a/b'], dnsNames: ['c'] })
    expect(Buffer.compare(result.csr.publicKey, publicKeyOf(privateKey))).toBe(0)
  })

  it('accepts the older label and a request made by hand', () => {
    expect(reasonOf(createCsr({ privateKey: generateKey() }).replaceAll(label, `NEW ${label}`))).toBe('accepted')
    expect(reasonOf(compose({ attributes: [extensionAttribute()] }))).toBe('accepted')
  })

  it.each([
    ['RSA-1024', 'rsa', { modulusLength: 1024 }],
    ['RSA-2047', 'rsa', { modulusLength: 2047 }],
    ['RSA with exponent 3', 'rsa', { modulusLength: 2048, publicExponent: 3 }],
    ['RSA-PSS', 'rsa-pss', { modulusLength: 2048 }],
    ['P-224', 'ec', { namedCurve: 'secp224r1' }],
    ['P-521', 'ec', { namedCurve: 'secp521r1' }],
    ['secp256k1', 'ec', { namedCurve: 'secp256k1' }],
    ['explicit curve parameters', 'ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }],
    ['Ed25519', 'ed25519', {}],
  ])('refuses a key of the kind %s', (_, type, options) => {
    const generate = generateKeyPairSync as unknown as (type: string, options: object) => { publicKey: KeyObject }
    const spki = publicKeyOf(generate(type, options).publicKey)
    expect(reasonOf(compose({ spki }))).toMatch(/^the key is refused/)
  })

  it('refuses points that are compressed, at infinity or off the curve', () => {
    const spki = publicKeyOf(generateKey())
    const key = createPrivateKey(generateKey().export({ format: 'pem', type: 'pkcs8' }))
    const withPoint = (point: Uint8Array): string =>
      compose({ signer: key, spki: writeSequence(writeSequence(writeOid(oid.ecPublicKey), writeOid(oid.curveP256)), writeBits(point)) })
    expect(reasonOf(withPoint(Uint8Array.of(0)))).toContain('uncompressed')
    expect(reasonOf(withPoint(Uint8Array.of(2, ...spki.subarray(27, 59))))).toContain('uncompressed')
    expect(reasonOf(withPoint(Uint8Array.of(4, ...new Uint8Array(63), 9)))).toContain('not a valid point')
  })

  it('refuses a request signed by another key, and one whose body changed', () => {
    expect(reasonOf(compose({ signer: generateKey() }))).toContain('possession')
    expect(reasonOf(compose({ signer: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }))).toContain('possession')
    const der = Buffer.from(derOf(createCsr({ privateKey: generateKey(), subject: { commonName: 'abc' } })))
    der[der.indexOf('abc')] = 0x7a
    expect(reasonOf(encodePem(label, der))).toContain('possession')
  })

  it('refuses another version, bytes at the end, and repeated attributes or extensions', () => {
    expect(reasonOf(compose({ version: 1 }))).toContain('version')
    expect(reasonOf(compose({ tail: writeSequence() }))).toContain('after its last field')
    expect(reasonOf(encodePem(label, Buffer.concat([derOf(compose()), Buffer.of(0)])))).toContain('after its last field')
    expect(reasonOf(compose({ attributes: [extensionAttribute(), extensionAttribute()] }))).toContain('twice')
    const one = writeSequence(writeOid(oid.subjectKeyId), writeValue(tag.octetString, writeValue(tag.octetString, Uint8Array.of(1))))
    const list = (...items: readonly Uint8Array[]): Uint8Array =>
      writeSequence(writeOid(oid.extensionRequest), writeValue(tag.set, writeSequence(...items)))
    expect(reasonOf(compose({ attributes: [list(one)] }))).toBe('accepted')
    expect(reasonOf(compose({ attributes: [list(one, one)] }))).toContain('twice')
    expect(reasonOf(compose({ attributes: [list()] }))).toContain('empty')
  })

  it('refuses anything but one block of at most 16 KiB', () => {
    const pem = createCsr({ privateKey: generateKey() })
    expect(reasonOf('')).toContain('one PEM block')
    expect(reasonOf(pem + pem)).toContain('one PEM block')
    expect(reasonOf(pem.replaceAll(label, 'CERTIFICATE'))).toContain('expected a CERTIFICATE REQUEST')
    expect(reasonOf(pem + '\n'.repeat(16 * 1024))).toContain('longer')
  })
})
