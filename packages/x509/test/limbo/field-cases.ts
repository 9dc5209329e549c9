/** Families "version", "serial", "validity", "name", "algorithm" and "key": the fields of a certificate's body. */
import { type KeyObject, generateKeyPairSync } from 'node:crypto'
import { oid } from '../../src/der/oid.js'
import { contextTag, tag } from '../../src/der/tag.js'
import { writeTime } from '../../src/der/time.js'
import { writeBits, writeExplicit, writeOid, writeSequence, writeValue } from '../../src/der/write-der.js'
import { type LimboCase, type Verdict, accept, cases, chainOf, everywhere, inChain, knowingly, refuse } from './limbo-case.js'
import { type Change, type Role, ecKey, hourMs, makeRaw, nowMs, spkiOf } from './raw-certificate.js'

const malformed = refuse('certificate-malformed')
const nothing = new Uint8Array(0)
const integer = (...octets: readonly number[]): Uint8Array => writeValue(tag.integer, Uint8Array.from(octets))

function version(number: number | undefined): Change {
  return (fields) => {
    fields.version = number === undefined ? undefined : writeExplicit(0, integer(number))
  }
}

const withoutExtensions: Change = (fields) => {
  fields.extensions = []
}

const versions: readonly LimboCase[] = [
  ...cases('version/1-with-extensions', everywhere, version(undefined), malformed),
  ...cases('version/2-with-extensions', everywhere, version(1), malformed),
  ...cases('version/1-written-out', everywhere, version(0), malformed),
  ...cases('version/4', everywhere, version(3), malformed),
  ...cases('version/negative', everywhere, version(0xff), malformed),
  ...cases(
    'version/1-without-extensions',
    everywhere,
    (fields) => (version(undefined)(fields), withoutExtensions(fields)),
    (where) => refuse({ leaf: 'leaf-version', intermediate: 'issuer-not-ca', root: 'bundle' }[where]),
  ),
  ...cases('version/3-without-extensions', everywhere, withoutExtensions, (where) =>
    refuse({ leaf: 'leaf-key-usage', intermediate: 'issuer-not-ca', root: 'bundle' }[where]),
  ),
  ...cases('version/unique-ids', inChain, (fields) => (fields.uniqueIds = [writeValue(contextTag(1), Uint8Array.of(0, 1))]), accept),
  ...cases(
    'version/unique-ids-in-the-wrong-order',
    everywhere,
    (fields) => (fields.uniqueIds = [writeValue(contextTag(2), Uint8Array.of(0, 1)), writeValue(contextTag(1), Uint8Array.of(0, 1))]),
    malformed,
  ),
]

const serial = (...octets: readonly number[]): Change => {
  return (fields) => {
    fields.serial = integer(...octets)
  }
}
const zeroRoot = 'roots with a serial number of zero'

const serials: readonly LimboCase[] = [
  ...cases('serial/zero', everywhere, serial(0), (where) =>
    where === 'root' ? knowingly('refuse', zeroRoot) : refuse('serial-not-positive'),
  ),
  ...cases('serial/negative', everywhere, serial(0x80), malformed),
  ...cases('serial/minus-one', everywhere, serial(0xff), malformed),
  ...cases('serial/of-20-octets', everywhere, serial(...Array.from({ length: 20 }, () => 0x7f)), accept),
  ...cases('serial/of-20-octets-with-sign', everywhere, serial(0, ...Array.from({ length: 20 }, () => 0xff)), accept),
  ...cases('serial/of-21-octets', everywhere, serial(...Array.from({ length: 21 }, () => 0x7f)), malformed),
  ...cases('serial/of-22-octets', everywhere, serial(0, ...Array.from({ length: 21 }, () => 0xff)), malformed),
  ...cases('serial/one', everywhere, serial(1), accept),
]

function dates(notBefore: Uint8Array, notAfter: Uint8Array): Change {
  return (fields) => {
    fields.notBefore = notBefore
    fields.notAfter = notAfter
  }
}
const at = (ms: number): Uint8Array => writeTime(ms)
const utc = (text: string): Uint8Array => writeValue(tag.utcTime, Buffer.from(text))
const generalized = (text: string): Uint8Array => writeValue(tag.generalizedTime, Buffer.from(text))
const begun = at(nowMs - hourMs)
const later = at(nowMs + hourMs)

const badTimes: Readonly<Record<string, Uint8Array>> = {
  'without-seconds': utc('2701010000Z'),
  'with-offset': utc('270101000000+0100'),
  'with-fraction': generalized('20500101000000.5Z'),
  'without-zone': utc('270101000000'),
  'in-local-time': generalized('20510101000000'),
  'generalized-before-2050': generalized('20270101000000Z'),
  'utc-with-four-digit-year': utc('20270101000000Z'),
  'month-13': utc('271301000000Z'),
  'february-30': utc('270230000000Z'),
  'hour-24': utc('270101240000Z'),
  'second-60': utc('270101000060Z'),
  empty: utc(''),
  'with-space': utc('2701010000 0Z'),
  'as-integer': integer(1),
}

const validities: readonly LimboCase[] = [
  ...cases('validity/ends-now', everywhere, dates(begun, at(nowMs)), accept),
  ...cases('validity/ended-a-second-ago', everywhere, dates(begun, at(nowMs - 1000)), refuse('expired')),
  ...cases('validity/begins-now', everywhere, dates(at(nowMs), later), accept),
  ...cases('validity/begins-in-a-second', everywhere, dates(at(nowMs + 1000), later), refuse('not-yet-valid')),
  ...cases('validity/ends-before-it-begins', everywhere, dates(later, begun), refuse('not-yet-valid', 'expired')),
  ...cases('validity/until-2049', everywhere, dates(begun, at(Date.UTC(2049, 11, 31, 23, 59, 59))), accept),
  ...cases('validity/until-2050', everywhere, dates(begun, at(Date.UTC(2050, 0, 1))), accept),
  ...cases('validity/without-end', everywhere, dates(begun, generalized('99991231235959Z')), accept),
  ...cases('validity/from-1950', everywhere, dates(utc('500101000000Z'), later), accept),
  ...Object.entries(badTimes).flatMap(([what, time]) => cases(`validity/end-${what}`, everywhere, dates(begun, time), malformed)),
  ...['with-offset', 'without-seconds', 'generalized-before-2050'].flatMap((what) =>
    cases(`validity/begin-${what}`, everywhere, dates(badTimes[what] as Uint8Array, later), malformed),
  ),
  ...cases('validity/third-date', everywhere, (fields) => (fields.notAfter = Buffer.concat([later, later])), malformed),
]

const attribute = (type: string, identifier: number, value: Uint8Array): Uint8Array =>
  writeSequence(writeValue(tag.set, writeSequence(writeOid(type), writeValue(identifier, value))))

const names: readonly LimboCase[] = [
  ...cases('name/empty-subject', ['intermediate', 'root'], (fields) => (fields.subject = writeSequence()), refuse('issuer-unnamed')),
  ...cases(
    'name/issuer-of-another',
    inChain,
    (fields) => (fields.issuer = attribute(oid.commonName, tag.utf8String, Buffer.from('x'))),
    refuse('issuer-unknown'),
  ),
  ...cases('name/issuer-empty', inChain, (fields) => (fields.issuer = writeSequence()), refuse('issuer-unknown')),
  ...cases('name/relative-name-empty', everywhere, (fields) => (fields.subject = writeSequence(writeValue(tag.set))), malformed),
  ...cases(
    'name/value-is-no-text',
    everywhere,
    (fields) => (fields.subject = attribute(oid.commonName, tag.integer, Uint8Array.of(1))),
    malformed,
  ),
  ...cases(
    'name/not-utf-8',
    everywhere,
    (fields) => (fields.subject = attribute(oid.commonName, tag.utf8String, Uint8Array.of(0xc0, 0x80))),
    malformed,
  ),
  ...cases(
    'name/half-a-bmp-character',
    everywhere,
    (fields) => (fields.subject = attribute(oid.commonName, tag.bmpString, Uint8Array.of(0))),
    malformed,
  ),
  ...cases('name/with-nul', inChain, (fields) => (fields.subject = attribute(oid.commonName, tag.utf8String, Buffer.from('a\0b'))), accept),
]

const sha1 = writeSequence(writeOid('1.2.840.10045.4.1'))
const algorithms: readonly LimboCase[] = [
  ...cases(
    'algorithm/inner-and-outer-differ',
    everywhere,
    (fields) => (fields.outerAlgorithm = writeSequence(writeOid(oid.ecdsaSha384))),
    malformed,
  ),
  ...cases(
    'algorithm/ecdsa-with-null',
    inChain,
    (fields) => (fields.algorithm = writeSequence(writeOid(oid.ecdsaSha256), writeValue(tag.null))),
    malformed,
  ),
  ...cases(
    'algorithm/rsa-named-over-ecdsa',
    inChain,
    (fields) => (fields.algorithm = writeSequence(writeOid(oid.rsaSha256), writeValue(tag.null))),
    refuse('signature-invalid'),
  ),
  ...cases(
    'algorithm/other-hash-named',
    inChain,
    (fields) => (fields.algorithm = writeSequence(writeOid(oid.ecdsaSha512))),
    refuse('signature-invalid'),
  ),
  ...cases(
    'algorithm/ed25519-named-over-ecdsa',
    inChain,
    (fields) => (fields.algorithm = writeSequence(writeOid(oid.ed25519))),
    refuse('signature-invalid'),
  ),
  ...cases(
    'algorithm/sha-1',
    inChain,
    (fields) => ((fields.algorithm = sha1), (fields.hash = 'sha1')),
    refuse('signature-algorithm-refused'),
  ),
  ...cases(
    'algorithm/unknown',
    inChain,
    (fields) => (fields.algorithm = writeSequence(writeOid('1.2.3.4'))),
    refuse('signature-algorithm-refused'),
  ),
  ...cases(
    'algorithm/sha-384-over-p-256',
    inChain,
    (fields) => ((fields.algorithm = writeSequence(writeOid(oid.ecdsaSha384))), (fields.hash = 'sha384')),
    accept,
  ),
  ...cases('signature/empty', inChain, (fields) => (fields.signature = () => nothing), refuse('signature-invalid')),
  ...cases(
    'signature/of-zeros',
    inChain,
    (fields) => (fields.signature = () => writeSequence(integer(0), integer(0))),
    refuse('signature-invalid'),
  ),
  ...cases('signature/one-bit-off', inChain, (fields) => (fields.signature = flipLastBit), refuse('signature-invalid')),
  ...cases(
    'signature/trailing-byte',
    inChain,
    (fields) => (fields.signature = (value) => Buffer.concat([value, Buffer.of(0)])),
    refuse('signature-invalid'),
  ),
  ...cases('signature/raw-pair', inChain, (fields) => (fields.signature = () => new Uint8Array(64).fill(1)), refuse('signature-invalid')),
]

function flipLastBit(value: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(value)
  copy[copy.length - 1] = (copy.at(-1) as number) ^ 1
  return copy
}

const rsaAlgorithm = writeSequence(writeOid(oid.rsaSha256), writeValue(tag.null))
const rsa = (modulusLength: number, publicExponent = 65_537): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey

/** A chain in which one certificate has that key; what it signs says so. */
function withKey(
  id: string,
  key: KeyObject,
  places: readonly Role[],
  algorithm: Uint8Array,
  hash: string | null,
  verdict: Verdict,
): LimboCase[] {
  return places.map((where) => {
    const keyOf = (role: Role): KeyObject => (role === where ? key : ecKey())
    const signedBy = (role: Role): Change => {
      return (fields) => {
        if (role === where) Object.assign(fields, { algorithm, hash })
      }
    }
    const root = makeRaw('root', undefined, signedBy('root'), keyOf('root'))
    const intermediate = makeRaw('intermediate', root, signedBy('root'), keyOf('intermediate'))
    const leaf = makeRaw('leaf', intermediate, signedBy('intermediate'), keyOf('leaf'))
    const { reasons, ...rest } = verdict
    return {
      id: `key/${id}@${where}`,
      ...chainOf(root, intermediate, leaf),
      ...rest,
      ...(reasons && { reasons: where === 'root' ? ['bundle'] : reasons }),
    }
  })
}

const ecdsa = (hash: string, name: string): readonly [Uint8Array, string] => [writeSequence(writeOid(name)), hash]
const rsaKey = rsa(2048)
const keyRefused = refuse('key-refused')
const ed25519 = generateKeyPairSync('ed25519').privateKey
const ed = writeSequence(writeOid(oid.ed25519))

function withSpki(id: string, spki: (good: Uint8Array) => Uint8Array, verdict: Verdict): LimboCase[] {
  return cases(
    `key/${id}`,
    everywhere,
    (fields) => (fields.spki = spki(fields.spki)),
    (where) => (where === 'root' ? refuse('bundle') : verdict),
  )
}

const point = (spki: Uint8Array): Uint8Array => spki.subarray(-65)
const ecSpki = (parameters: Uint8Array, bits: Uint8Array): Uint8Array =>
  writeSequence(writeSequence(writeOid(oid.ecPublicKey), parameters), writeBits(bits))
const namedP256 = writeOid(oid.curveP256)

const keys: readonly LimboCase[] = [
  ...withKey('p-384', ecKey('P-384'), everywhere, ...ecdsa('sha384', oid.ecdsaSha384), accept),
  ...withKey('p-521', ecKey('P-521'), everywhere, ...ecdsa('sha512', oid.ecdsaSha512), keyRefused),
  ...withKey('p-192', ecKey('prime192v1'), everywhere, ...ecdsa('sha256', oid.ecdsaSha256), keyRefused),
  ...withKey('p-224', ecKey('secp224r1'), everywhere, ...ecdsa('sha256', oid.ecdsaSha256), keyRefused),
  ...withKey('secp256k1', ecKey('secp256k1'), everywhere, ...ecdsa('sha256', oid.ecdsaSha256), keyRefused),
  ...withKey('rsa-2048', rsaKey, everywhere, rsaAlgorithm, 'sha256', accept),
  ...withKey('rsa-2048-sha-512', rsaKey, everywhere, writeSequence(writeOid(oid.rsaSha512), writeValue(tag.null)), 'sha512', accept),
  ...withKey('rsa-parameters-absent', rsaKey, ['root', 'intermediate'], writeSequence(writeOid(oid.rsaSha256)), 'sha256', accept),
  ...withKey(
    'rsa-sha-1',
    rsaKey,
    ['intermediate'],
    writeSequence(writeOid('1.2.840.113549.1.1.5'), writeValue(tag.null)),
    'sha1',
    refuse('signature-algorithm-refused'),
  ),
  ...withKey(
    'rsa-md5',
    rsaKey,
    ['intermediate'],
    writeSequence(writeOid('1.2.840.113549.1.1.4'), writeValue(tag.null)),
    'md5',
    refuse('signature-algorithm-refused'),
  ),
  ...withKey(
    'rsa-parameters-not-null',
    rsaKey,
    ['intermediate'],
    writeSequence(writeOid(oid.rsaSha256), writeSequence()),
    'sha256',
    refuse('certificate-malformed'),
  ),
  ...withKey(
    'rsa-null-with-content',
    rsaKey,
    ['intermediate'],
    writeSequence(writeOid(oid.rsaSha256), writeValue(tag.null, Uint8Array.of(0))),
    'sha256',
    refuse('certificate-malformed'),
  ),
  ...withKey('rsa-1024', rsa(1024), everywhere, rsaAlgorithm, 'sha256', keyRefused),
  ...withKey('rsa-2047', rsa(2047), everywhere, rsaAlgorithm, 'sha256', keyRefused),
  ...withKey('rsa-exponent-3', rsa(2048, 3), everywhere, rsaAlgorithm, 'sha256', keyRefused),
  ...withKey('ed25519', ed25519, everywhere, ed, null, keyRefused),
  ...withKey('ed25519-opted-in', ed25519, everywhere, ed, null, { must: 'accept', keyAlgorithms: ['ec-p256', 'ed25519'] }),
  ...withSpki('curve-by-parameters', (spki) => ecSpki(writeSequence(integer(1)), point(spki)), keyRefused),
  ...withSpki('point-compressed', (spki) => ecSpki(namedP256, Uint8Array.of(2, ...point(spki).subarray(1, 33))), keyRefused),
  ...withSpki('point-hybrid', (spki) => ecSpki(namedP256, Uint8Array.of(6, ...point(spki).subarray(1))), keyRefused),
  ...withSpki('point-at-infinity', () => ecSpki(namedP256, Uint8Array.of(0)), keyRefused),
  ...withSpki('point-of-the-wrong-length', (spki) => ecSpki(namedP256, point(spki).subarray(0, 64)), keyRefused),
  ...withSpki('algorithm-unknown', (spki) => writeSequence(writeSequence(writeOid('1.2.3.4')), writeBits(point(spki))), keyRefused),
  ...withSpki('rsa-of-8192-bits', () => rsaSpki(Buffer.alloc(1024, 0xff)), keyRefused),
  ...withSpki('rsa-even', () => rsaSpki(Buffer.alloc(256, 0xfe)), keyRefused),
  ...withSpki('rsa-exponent-of-3071-bits', () => rsaSpki(Buffer.alloc(384, 0xff), Buffer.alloc(384, 0x7f)), keyRefused),
  ...withSpki('rsa-exponent-1', () => rsaSpki(Buffer.alloc(256, 0xff), Buffer.of(1)), keyRefused),
  ...cases(
    'key/point-off-the-curve',
    everywhere,
    (fields) => (fields.spki = offCurve(fields.spki)),
    (where) =>
      where === 'leaf'
        ? knowingly('refuse', 'a point that is not on its curve, in a leaf')
        : refuse(where === 'root' ? 'bundle' : 'key-refused'),
  ),
  ...cases(
    'key/trailing-field',
    everywhere,
    (fields) => (fields.spki = writeSequence(contentAfterHeader(fields.spki), integer(1))),
    malformed,
  ),
  ...cases('key/of-another', ['intermediate'], (fields) => (fields.spki = spkiOf(ecKey())), refuse('signature-invalid')),
]

function offCurve(spki: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(spki)
  copy[copy.length - 1] = (copy.at(-1) as number) ^ 1
  return copy
}

function contentAfterHeader(der: Uint8Array): Uint8Array {
  return der.subarray((der[1] as number) < 0x80 ? 2 : 2 + ((der[1] as number) & 0x7f))
}

function rsaSpki(modulus: Uint8Array, exponent: Uint8Array = Uint8Array.of(1, 0, 1)): Uint8Array {
  const key = writeSequence(writeValue(tag.integer, Uint8Array.of(0), modulus), writeValue(tag.integer, exponent))
  return writeSequence(writeSequence(writeOid(oid.rsaEncryption), writeValue(tag.null)), writeBits(key))
}

export const fieldCases: readonly LimboCase[] = [...versions, ...serials, ...validities, ...names, ...algorithms, ...keys]
