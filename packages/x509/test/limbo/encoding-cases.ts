/** Family "DER": what is not the one encoding that X.690 allows, in every certificate of a chain. */
import { oid } from '../../src/der/oid.js'
import { contextTag, tag } from '../../src/der/tag.js'
import { writeBits, writeBoolean, writeExplicit, writeOctets, writeOid, writeSequence, writeValue } from '../../src/der/write-der.js'
import { type LimboCase, cases, everywhere, knowingly, refuse } from './limbo-case.js'
import { type Change, extension, writeRawExtension } from './raw-certificate.js'

const malformed = refuse('certificate-malformed')
const nothing = new Uint8Array(0)

/** Content of a TLV with a header of two to four octets. */
function contentOf(der: Uint8Array): Uint8Array {
  const first = der[1] as number
  return der.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f))
}

function padLength(der: Uint8Array): Uint8Array {
  const content = contentOf(der)
  return Buffer.concat([Buffer.of(der[0] as number, 0x84, 0, 0, content.length >> 8, content.length & 0xff), content])
}

function indefinite(der: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(der[0] as number, 0x80), contentOf(der), Buffer.of(0, 0)])
}

const whole = (change: (der: Uint8Array) => Uint8Array): Change => {
  return (fields) => {
    fields.whole = change
  }
}

const spoiled: Readonly<Record<string, Change>> = {
  'trailing-byte': whole((der) => Buffer.concat([der, Buffer.of(0)])),
  'trailing-certificate': whole((der) => Buffer.concat([der, der])),
  'leading-byte': whole((der) => Buffer.concat([Buffer.of(0), der])),
  'cut-by-one': whole((der) => der.subarray(0, -1)),
  'cut-in-half': whole((der) => der.subarray(0, der.length >> 1)),
  'outer-length-not-minimal': whole(padLength),
  'outer-length-indefinite': whole(indefinite),
  'outer-is-a-set': whole((der) => Buffer.concat([Buffer.of(0x31), der.subarray(1)])),
  'outer-length-of-five-octets': whole((der) => Buffer.concat([Buffer.of(0x30, 0x85, 0, 0, 0, 0, 1), der])),
  'outer-length-of-4-gigabytes': whole((der) => Buffer.concat([Buffer.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff), der])),
  'fourth-outer-field': whole((der) => writeSequence(contentOf(der), writeOctets(nothing))),
  'serial-length-not-minimal': (fields) => (fields.serial = Buffer.concat([Buffer.of(2, 0x81, 8), contentOf(fields.serial)])),
  'serial-padded-with-zero': (fields) => (fields.serial = writeValue(tag.integer, Uint8Array.of(0), contentOf(fields.serial))),
  'serial-empty': (fields) => (fields.serial = writeValue(tag.integer, nothing)),
  'serial-is-octets': (fields) => (fields.serial = writeOctets(Uint8Array.of(1))),
  'subject-length-not-minimal': (fields) => (fields.subject = padLength(fields.subject)),
  'subject-indefinite': (fields) => (fields.subject = indefinite(fields.subject)),
  'issuer-length-not-minimal': (fields) => (fields.issuer = padLength(fields.issuer)),
  'algorithm-with-two-fields-too-many': (fields) =>
    (fields.algorithm = writeSequence(writeOid(oid.ecdsaSha256), writeSequence(), writeSequence())),
  'field-after-extensions': (fields) => (fields.afterExtensions = writeOctets(Uint8Array.of(1))),
  'extensions-twice': (fields) => (fields.afterExtensions = writeExplicit(3, writeSequence(...fields.extensions.map(writeRawExtension)))),
  'extensions-empty': (fields) => (fields.extensionList = writeSequence()),
  'extensions-with-trailing-byte': (fields) =>
    (fields.extensionList = Buffer.concat([writeSequence(...fields.extensions.map(writeRawExtension)), Buffer.of(5, 0)])),
  'extension-empty': (fields) => (fields.extensionList = writeSequence(...fields.extensions.map(writeRawExtension), writeSequence())),
  'extension-without-value': (fields) =>
    (fields.extensionList = writeSequence(...fields.extensions.map(writeRawExtension), writeSequence(writeOid('1.2.3.4')))),
  'extension-value-is-bits': (fields) =>
    (fields.extensionList = writeSequence(
      ...fields.extensions.map(writeRawExtension),
      writeSequence(writeOid('1.2.3.4'), writeBits(Uint8Array.of(1))),
    )),
  'critical-flag-of-one': (fields) =>
    (fields.extensionList = writeSequence(
      ...fields.extensions.map(writeRawExtension),
      writeSequence(writeOid('1.2.3.4'), writeValue(tag.boolean, Uint8Array.of(1)), writeOctets(nothing)),
    )),
  'critical-flag-of-two-octets': (fields) =>
    (fields.extensionList = writeSequence(
      ...fields.extensions.map(writeRawExtension),
      writeSequence(writeOid('1.2.3.4'), writeValue(tag.boolean, Uint8Array.of(0xff, 0xff)), writeOctets(nothing)),
    )),
  'oid-not-minimal': (fields) =>
    (fields.extensionList = writeSequence(
      ...fields.extensions.map(writeRawExtension),
      writeSequence(writeValue(tag.oid, Uint8Array.of(0x2a, 0x80, 0x03)), writeOctets(nothing)),
    )),
  'oid-cut-short': (fields) =>
    (fields.extensionList = writeSequence(
      ...fields.extensions.map(writeRawExtension),
      writeSequence(writeValue(tag.oid, Uint8Array.of(0x2a, 0x83)), writeOctets(nothing)),
    )),
  'oid-empty': (fields) =>
    (fields.extensionList = writeSequence(
      ...fields.extensions.map(writeRawExtension),
      writeSequence(writeValue(tag.oid, nothing), writeOctets(nothing)),
    )),
  'signature-with-unused-bits': whole((der) => {
    const copy = Uint8Array.from(der)
    const at = signatureOffset(der)
    copy[at] = 1
    return copy
  }),
  'key-usage-of-no-octets': extension(oid.keyUsage, { isCritical: true, value: writeBits(nothing) }),
  'key-usage-of-three-octets': extension(oid.keyUsage, { isCritical: true, value: writeBits(Uint8Array.of(0x86, 0, 0x80), 7) }),
  'key-usage-with-bits-in-its-padding': extension(oid.keyUsage, { isCritical: true, value: writeBits(Uint8Array.of(0x87), 1) }),
  'key-usage-of-nothing': extension(oid.keyUsage, { isCritical: true, value: writeBits(Uint8Array.of(0)) }),
  'key-usage-is-octets': extension(oid.keyUsage, { isCritical: true, value: writeOctets(Uint8Array.of(0x86)) }),
  'basic-constraints-with-third-field': extension(oid.basicConstraints, {
    isCritical: true,
    value: writeSequence(writeBoolean(true), writeValue(tag.integer, Uint8Array.of(0)), writeBoolean(true)),
  }),
  'basic-constraints-path-negative': extension(oid.basicConstraints, {
    isCritical: true,
    value: writeSequence(writeBoolean(true), writeValue(tag.integer, Uint8Array.of(0xff))),
  }),
  'basic-constraints-path-not-minimal': extension(oid.basicConstraints, {
    isCritical: true,
    value: writeSequence(writeBoolean(true), writeValue(tag.integer, Uint8Array.of(0, 1))),
  }),
  'subject-key-id-is-a-sequence': extension(oid.subjectKeyId, { value: writeSequence() }),
  'subject-key-id-empty': extension(oid.subjectKeyId, { value: writeOctets(nothing) }),
  'authority-key-id-is-octets': extension(oid.authorityKeyId, { value: writeOctets(Uint8Array.of(1)) }),
  'authority-key-id-with-a-strange-field': extension(oid.authorityKeyId, {
    value: writeSequence(writeValue(contextTag(7), Uint8Array.of(1))),
  }),
  'extended-key-usage-empty': extension(oid.extendedKeyUsage, { value: writeSequence() }),
  'alternative-names-empty': extension(oid.subjectAltName, { isCritical: true, value: writeSequence() }),
  'alternative-names-is-octets': extension(oid.subjectAltName, { isCritical: true, value: writeOctets(nothing) }),
}

/** The first octet of the BIT STRING at the end: how many bits are unused. */
function signatureOffset(der: Uint8Array): number {
  for (let at = der.length - 2; at > 0; at--) {
    if (der[at] === tag.bitString && at + 2 + (der[at + 1] as number) === der.length) return at + 2
  }
  throw new Error('no signature')
}

const explicitFalse = 'default values that are written out'

export const encodingCases: readonly LimboCase[] = [
  ...Object.entries(spoiled).flatMap(([what, change]) => cases(`der/${what}`, everywhere, change, malformed)),
  ...cases(
    'der/critical-flag-false',
    everywhere,
    (fields) => {
      const list = fields.extensions.map((known) =>
        known.isCritical ? writeRawExtension(known) : writeSequence(writeOid(known.name), writeBoolean(false), writeOctets(known.value)),
      )
      fields.extensionList = writeSequence(...list)
    },
    knowingly('refuse', explicitFalse),
  ),
  ...cases(
    'der/basic-constraints-ca-false-written',
    ['leaf'],
    extension(oid.basicConstraints, { isCritical: true, value: writeSequence(writeBoolean(false)) }),
    knowingly('refuse', explicitFalse),
  ),
]
