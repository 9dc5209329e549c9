/** Families "basic constraints", "key usage", "extended key usage", "key identifiers", "name constraints", "unknown", "duplicate". */
import { oid } from '../../src/der/oid.js'
import { contextConstructedTag, contextTag, tag } from '../../src/der/tag.js'
import { writeBits, writeBoolean, writeOctets, writeOid, writeSequence, writeValue } from '../../src/der/write-der.js'
import { type LimboCase, type Verdict, accept, cases, everywhere, inChain, knowingly, refuse } from './limbo-case.js'
import { type Change, type RawExtension, type Role, commonName, dnsName, extension, uriName } from './raw-certificate.js'

const authorities = ['intermediate', 'root'] as const
const integer = (value: number): Uint8Array => writeValue(tag.integer, Uint8Array.of(value))
const ca = writeSequence(writeBoolean(true))
const malformed = refuse('certificate-malformed')

const basicConstraints: readonly LimboCase[] = [
  ...cases(
    'basic-constraints/missing',
    everywhere,
    extension(oid.basicConstraints, undefined),
    (where) => ({ leaf: accept, intermediate: refuse('issuer-not-ca'), root: refuse('bundle') })[where],
  ),
  ...cases(
    'basic-constraints/not-ca',
    authorities,
    extension(oid.basicConstraints, { isCritical: true, value: writeSequence() }),
    (where) => refuse(where === 'root' ? 'bundle' : 'issuer-not-ca'),
  ),
  ...cases('basic-constraints/not-critical', authorities, extension(oid.basicConstraints, { value: ca }), (where) =>
    where === 'root' ? knowingly('refuse', 'roots whose basic constraints are not critical') : refuse('issuer-not-ca'),
  ),
  ...cases('basic-constraints/leaf-not-critical', ['leaf'], extension(oid.basicConstraints, { value: writeSequence() }), accept),
  ...cases(
    'basic-constraints/leaf-is-ca',
    ['leaf'],
    extension(oid.basicConstraints, { isCritical: true, value: ca }),
    refuse('leaf-is-ca'),
  ),
  ...cases(
    'basic-constraints/path-length-without-ca',
    everywhere,
    extension(oid.basicConstraints, { isCritical: true, value: writeSequence(integer(0)) }),
    malformed,
  ),
  ...cases(
    'basic-constraints/path-length-of-five-octets',
    authorities,
    extension(oid.basicConstraints, {
      isCritical: true,
      value: writeSequence(writeBoolean(true), writeValue(tag.integer, Uint8Array.of(1, 0, 0, 0, 0))),
    }),
    malformed,
  ),
]

const usage = (octets: readonly number[], padding: number, isCritical = true): Change =>
  extension(oid.keyUsage, { isCritical, value: writeBits(Uint8Array.from(octets), padding) })

const keyUsages: readonly LimboCase[] = [
  ...cases(
    'key-usage/missing',
    everywhere,
    extension(oid.keyUsage, undefined),
    (where) =>
      ({
        leaf: refuse('leaf-key-usage'),
        intermediate: refuse('issuer-key-usage'),
        root: knowingly('refuse', 'roots without key usage'),
      })[where],
  ),
  ...cases('key-usage/without-cert-sign', authorities, usage([0x02], 1), refuse('issuer-key-usage')),
  ...cases('key-usage/digital-signature-only', authorities, usage([0x80], 7), refuse('issuer-key-usage')),
  ...cases('key-usage/leaf-may-sign-certificates', ['leaf'], usage([0x84], 2), refuse('leaf-key-usage')),
  ...cases('key-usage/leaf-may-sign-lists', ['leaf'], usage([0x82], 1), refuse('leaf-key-usage')),
  ...cases('key-usage/leaf-without-digital-signature', ['leaf'], usage([0x08], 3), refuse('leaf-key-usage')),
  ...cases('key-usage/leaf-not-critical', ['leaf'], usage([0x80], 7, false), refuse('leaf-key-usage')),
  ...cases('key-usage/leaf-enciphers-too', ['leaf'], usage([0xa0], 5), accept),
  ...cases('key-usage/ninth-bit', ['leaf'], usage([0x80, 0x80], 7), accept),
  ...cases('key-usage/authority-not-critical', authorities, usage([0x06], 1, false), accept),
  ...cases('key-usage/trailing-zero-bits', ['leaf'], usage([0x80], 0), knowingly('refuse', 'trailing zero bits in a key usage')),
]

const purposes = (...names: readonly string[]): Omit<RawExtension, 'name'> => ({ value: writeSequence(...names.map(writeOid)) })
const codeSigning = '1.3.6.1.5.5.7.3.3'

const extendedKeyUsages: readonly LimboCase[] = [
  ...cases('extended-key-usage/missing', ['leaf'], extension(oid.extendedKeyUsage, undefined), accept),
  ...cases(
    'extended-key-usage/neither',
    ['leaf'],
    extension(oid.extendedKeyUsage, purposes(codeSigning)),
    refuse('leaf-extended-key-usage'),
  ),
  ...cases(
    'extended-key-usage/any',
    ['leaf'],
    extension(oid.extendedKeyUsage, purposes(oid.anyExtendedKeyUsage)),
    refuse('leaf-extended-key-usage'),
  ),
  ...cases(
    'extended-key-usage/critical',
    ['leaf'],
    extension(oid.extendedKeyUsage, { isCritical: true, ...purposes(oid.serverAuth, oid.clientAuth) }),
    accept,
  ),
  ...cases(
    'extended-key-usage/and-more',
    ['leaf'],
    extension(oid.extendedKeyUsage, purposes(oid.serverAuth, oid.clientAuth, codeSigning)),
    accept,
  ),
  ...(['client', 'server'] as const).flatMap((role) => [
    ...cases(`extended-key-usage/${role}-as-${role}`, ['leaf'], extension(oid.extendedKeyUsage, purposes(oid[`${role}Auth`])), {
      ...accept,
      role,
    }),
    ...cases(`extended-key-usage/${role}-as-the-other`, ['leaf'], extension(oid.extendedKeyUsage, purposes(oid[`${role}Auth`])), {
      ...refuse('leaf-extended-key-usage'),
      role: role === 'client' ? 'server' : 'client',
    }),
    ...cases(
      `extended-key-usage/authority-for-${role}-as-${role}`,
      ['intermediate'],
      extension(oid.extendedKeyUsage, purposes(oid[`${role}Auth`])),
      { ...accept, role },
    ),
    ...cases(
      `extended-key-usage/authority-for-${role}-as-the-other`,
      ['intermediate'],
      extension(oid.extendedKeyUsage, purposes(oid[`${role}Auth`])),
      { ...refuse('issuer-extended-key-usage'), role: role === 'client' ? 'server' : 'client' },
    ),
  ]),
  ...cases(
    'extended-key-usage/authority-for-both',
    ['intermediate'],
    extension(oid.extendedKeyUsage, purposes(oid.serverAuth, oid.clientAuth)),
    accept,
  ),
  ...cases(
    'extended-key-usage/authority-for-any',
    ['intermediate'],
    extension(oid.extendedKeyUsage, purposes(oid.anyExtendedKeyUsage)),
    accept,
  ),
  ...cases(
    'extended-key-usage/authority-for-code',
    ['intermediate'],
    extension(oid.extendedKeyUsage, purposes(codeSigning)),
    refuse('issuer-extended-key-usage'),
  ),
  ...cases(
    'extended-key-usage/authority-for-code-critical',
    ['intermediate'],
    extension(oid.extendedKeyUsage, { isCritical: true, ...purposes(codeSigning) }),
    refuse('issuer-extended-key-usage'),
  ),
]

const otherId = Uint8Array.from({ length: 20 }, () => 7)
const authorityKeyId = (value: Uint8Array, isCritical = false): Change =>
  extension(oid.authorityKeyId, { isCritical, value: writeSequence(value) })
const critical = 'key identifiers that are critical'
const nameless = knowingly('refuse', 'authorities without key identifiers')
const namelessButForLeaves = (where: Role): Verdict => (where === 'leaf' ? refuse('issuer-unknown') : nameless)

const keyIdentifiers: readonly LimboCase[] = [
  ...cases(
    'authority-key-id/missing',
    everywhere,
    extension(oid.authorityKeyId, undefined),
    (where) => ({ leaf: refuse('issuer-unknown'), intermediate: nameless, root: accept })[where],
  ),
  ...cases('authority-key-id/of-another', inChain, authorityKeyId(writeValue(contextTag(0), otherId)), refuse('issuer-unknown')),
  ...cases('authority-key-id/empty', inChain, extension(oid.authorityKeyId, { value: writeSequence() }), namelessButForLeaves),
  ...cases('authority-key-id/serial-only', inChain, authorityKeyId(writeValue(contextTag(2), Uint8Array.of(1))), namelessButForLeaves),
  ...cases(
    'authority-key-id/with-issuer-and-serial',
    inChain,
    (fields) => {
      const known = fields.extensions.find(({ name }) => name === oid.authorityKeyId)?.value as Uint8Array
      const issuer = writeValue(contextConstructedTag(1), writeValue(contextConstructedTag(4), commonName('x')))
      const value = writeSequence(known.subarray(2), issuer, writeValue(contextTag(2), Uint8Array.of(1)))
      extension(oid.authorityKeyId, { value })(fields)
    },
    accept,
  ),
  ...cases('subject-key-id/missing', everywhere, extension(oid.subjectKeyId, undefined), (where) => (where === 'leaf' ? accept : nameless)),
  ...cases(
    'subject-key-id/of-another',
    authorities,
    extension(oid.subjectKeyId, { value: writeOctets(otherId) }),
    refuse('issuer-unknown'),
  ),
  ...cases('subject-key-id/critical', authorities, makeCritical(oid.subjectKeyId), knowingly('refuse', critical)),
  ...cases('authority-key-id/critical', inChain, makeCritical(oid.authorityKeyId), knowingly('refuse', critical)),
]

function makeCritical(name: string): Change {
  return (fields) => {
    fields.extensions = fields.extensions.map((known) => (known.name === name ? { ...known, isCritical: true } : known))
  }
}

const nameConstraints = '2.5.29.30'
const subtrees = (kind: number, ...bases: readonly Uint8Array[]): Uint8Array =>
  writeSequence(writeValue(contextConstructedTag(kind), ...bases.map((base) => writeSequence(base))))
const unread = refuse('critical-extension-unknown')
/** RFC 5280 would let these chains pass: constraints are refused as a whole, since nothing in a mesh needs them. */
const constrained = knowingly('accept', 'name constraints of any kind')
const constraints: Readonly<Record<string, readonly [Uint8Array, boolean]>> = {
  'uri-permitted': [subtrees(0, uriName('cluster.local')), true],
  'uri-not-permitted': [subtrees(0, uriName('other.example')), false],
  'uri-excluded': [subtrees(1, uriName('cluster.local')), false],
  'uri-excluded-elsewhere': [subtrees(1, uriName('other.example')), true],
  'uri-permitted-below': [subtrees(0, uriName('.local')), true],
  'dns-permitted-and-no-dns-name': [subtrees(0, dnsName('example.com')), true],
  'dns-excluded-and-no-dns-name': [subtrees(1, dnsName('example.com')), true],
  'address-permitted-and-no-address': [subtrees(0, writeValue(contextTag(7), Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0))), true],
  'address-mask-of-gaps': [subtrees(0, writeValue(contextTag(7), Uint8Array.of(10, 0, 0, 0, 255, 0, 255, 0))), false],
  'mail-permitted': [subtrees(0, writeValue(contextTag(1), Buffer.from('example.com'))), true],
  'directory-excluded': [subtrees(1, writeValue(contextConstructedTag(4), commonName('x'))), true],
  empty: [writeSequence(), false],
  garbage: [Uint8Array.of(1, 2, 3), false],
}

const constraintCases = Object.entries(constraints).flatMap(([what, [value, isFine]]) => [
  ...cases(`name-constraints/${what}`, authorities, extension(nameConstraints, { isCritical: true, value }), isFine ? constrained : unread),
  // Not critical breaks RFC 5280 section 4.2.1.10; who wrote it meant it all the same.
  ...cases(`name-constraints/${what}-not-critical`, authorities, extension(nameConstraints, { value }), unread),
])

const add = (...more: readonly RawExtension[]): Change => {
  return (fields) => {
    fields.extensions = [...fields.extensions, ...more]
  }
}
const twice = (name: string): Change => {
  return (fields) => {
    fields.extensions = fields.extensions.flatMap((known) => (known.name === name ? [known, known] : [known]))
  }
}
const policies = { name: '2.5.29.32', value: writeSequence(writeSequence(writeOid('2.5.29.32.0'))) }

const others: readonly LimboCase[] = [
  ...cases('unknown/critical', everywhere, add({ name: '1.2.3.4', isCritical: true, value: writeOctets(Uint8Array.of(1)) }), unread),
  ...cases('unknown/not-critical', everywhere, add({ name: '1.2.3.4', value: writeOctets(Uint8Array.of(1)) }), accept),
  ...cases(
    'unknown/critical-among-many',
    everywhere,
    add(
      ...Array.from({ length: 40 }, (_, index) => ({ name: `1.2.3.${index + 10}`, isCritical: index === 39, value: Uint8Array.of(5, 0) })),
    ),
    unread,
  ),
  ...cases(
    'unknown/critical-policies',
    everywhere,
    add({ ...policies, isCritical: true }),
    knowingly('accept', 'policies that are critical'),
  ),
  ...cases('unknown/policies', everywhere, add(policies), accept),
  ...cases(
    'unknown/policy-constraints',
    authorities,
    add({ name: '2.5.29.36', isCritical: true, value: writeSequence(writeValue(contextTag(0), Uint8Array.of(0))) }),
    unread,
  ),
  ...cases(
    'unknown/inhibit-any-policy',
    authorities,
    add({ name: '2.5.29.54', isCritical: true, value: integer(0) }),
    knowingly('accept', 'policies that are critical'),
  ),
  ...cases(
    'unknown/poison-of-certificate-transparency',
    everywhere,
    add({ name: '1.3.6.1.4.1.11129.2.4.3', isCritical: true, value: writeValue(tag.null) }),
    unread,
  ),
  ...cases('unknown/oid-too-large', everywhere, add({ name: `1.2.${Number.MAX_SAFE_INTEGER}.4`, value: Uint8Array.of(5, 0) }), accept),
  ...[oid.keyUsage, oid.basicConstraints, oid.subjectKeyId, oid.authorityKeyId].flatMap((name) =>
    cases(`duplicate/${name}`, everywhere, twice(name), malformed),
  ),
  ...[oid.subjectAltName, oid.extendedKeyUsage].flatMap((name) => cases(`duplicate/${name}`, ['leaf'], twice(name), malformed)),
  ...cases(
    'duplicate/unknown',
    everywhere,
    add({ name: '1.2.3.4', value: Uint8Array.of(5, 0) }, { name: '1.2.3.4', value: Uint8Array.of(5, 0) }),
    malformed,
  ),
]

export const extensionCases: readonly LimboCase[] = [
  ...basicConstraints,
  ...keyUsages,
  ...extendedKeyUsages,
  ...keyIdentifiers,
  ...constraintCases,
  ...others,
]
