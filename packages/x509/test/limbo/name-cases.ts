/** Family "alternative names": what a leaf may call itself by X509-SVID section 2 and the SPIFFE ID rules. */
import { oid } from '../../src/der/oid.js'
import { contextConstructedTag, contextTag, tag } from '../../src/der/tag.js'
import { writeOid, writeSequence, writeValue } from '../../src/der/write-der.js'
import { type LimboCase, type Verdict, accept, cases, refuse } from './limbo-case.js'
import { type Change, both, commonName, dnsName, extension, uriName, withNames, workloadUri } from './raw-certificate.js'

const leaf = (id: string, change: Change, verdict: Verdict): LimboCase[] => cases(`names/${id}`, ['leaf'], change, verdict)
const own = uriName(workloadUri)
const bad = refuse('leaf-id-invalid')
const malformed = refuse('certificate-malformed')

/** All of these name nobody. */
const badUris: Readonly<Record<string, string>> = {
  'scheme-http': 'http://cluster.local/ns/a/sa/b',
  'scheme-upper-case': 'SPIFFE://cluster.local/ns/a/sa/b',
  'scheme-missing': '//cluster.local/ns/a/sa/b',
  'scheme-with-one-slash': 'spiffe:/cluster.local/ns/a/sa/b',
  'scheme-alone': 'spiffe://',
  'trust-domain-empty': 'spiffe:///ns/a/sa/b',
  'trust-domain-upper-case': 'spiffe://Cluster.local/ns/a/sa/b',
  'trust-domain-with-port': 'spiffe://cluster.local:443/ns/a/sa/b',
  'trust-domain-with-user': 'spiffe://user@cluster.local/ns/a/sa/b',
  'trust-domain-with-percent': 'spiffe://cluster%2elocal/ns/a/sa/b',
  'trust-domain-with-space': 'spiffe://cluster local/ns/a/sa/b',
  'trust-domain-of-256': `spiffe://${'a'.repeat(256)}/ns/a/sa/b`,
  'path-ends-with-slash': 'spiffe://cluster.local/ns/a/sa/b/',
  'path-of-a-slash': 'spiffe://cluster.local/',
  'path-with-empty-segment': 'spiffe://cluster.local/ns//sa/b',
  'path-with-dot': 'spiffe://cluster.local/ns/./sa/b',
  'path-with-dots': 'spiffe://cluster.local/ns/../sa/b',
  'path-with-percent': 'spiffe://cluster.local/ns/a%61/sa/b',
  'path-with-encoded-slash': 'spiffe://cluster.local/ns/a%2fsa/b',
  'path-with-colon': 'spiffe://cluster.local/ns/a:b/sa/c',
  'path-with-comma': 'spiffe://cluster.local/ns/a,b/sa/c',
  'path-with-backslash': 'spiffe://cluster.local/ns/a\\b/sa/c',
  'path-with-space': 'spiffe://cluster.local/ns/a b/sa/c',
  'path-with-star': 'spiffe://cluster.local/ns/*/sa/c',
  query: 'spiffe://cluster.local/ns/a/sa/b?q',
  fragment: 'spiffe://cluster.local/ns/a/sa/b#f',
  'injected-name': 'x, URI:spiffe://cluster.local/ns/a/sa/admin',
  'leading-space': ' spiffe://cluster.local/ns/a/sa/b',
  'of-2049-octets': `spiffe://cluster.local/${'a'.repeat(2049 - 23)}`,
}

const badOctets: Readonly<Record<string, string>> = {
  nul: `${workloadUri}\0.evil`,
  newline: `${workloadUri}\n`,
  'carriage-return': `${workloadUri}\r`,
  'byte-0x80': `${workloadUri}\x80`,
  'latin-1': `${workloadUri}\xe9`,
  delete: `${workloadUri}\x7f`,
}

const otherName = writeValue(
  contextConstructedTag(0),
  writeOid('1.2.3.4'),
  writeValue(contextConstructedTag(0), writeValue(tag.utf8String, Buffer.from(workloadUri))),
)

export const nameCases: readonly LimboCase[] = [
  ...leaf('one-id', withNames(own), accept),
  ...leaf('id-of-2048-octets', withNames(uriName(`spiffe://cluster.local/${'a'.repeat(2048 - 23)}`)), accept),
  ...leaf('missing', extension(oid.subjectAltName, undefined), refuse('leaf-san-missing')),
  ...leaf(
    'missing-with-common-name',
    both(extension(oid.subjectAltName, undefined), (fields) => (fields.subject = commonName(workloadUri))),
    refuse('leaf-san-missing'),
  ),
  ...leaf('dns-only', withNames(dnsName('hello.default')), refuse('leaf-uri-count')),
  ...leaf('dns-that-reads-as-id', withNames(dnsName(workloadUri)), refuse('leaf-uri-count')),
  ...leaf('mail-that-reads-as-id', withNames(writeValue(contextTag(1), Buffer.from(workloadUri))), refuse('leaf-uri-count')),
  ...leaf('other-name-that-reads-as-id', withNames(otherName), refuse('leaf-uri-count')),
  ...leaf('two-ids', withNames(own, uriName('spiffe://cluster.local/ns/default/sa/admin')), refuse('leaf-uri-count')),
  ...leaf('one-id-twice', withNames(own, own), refuse('leaf-uri-count')),
  ...leaf('id-and-web-address', withNames(own, uriName('https://example.com')), refuse('leaf-uri-count')),
  ...leaf('id-and-dns', withNames(own, dnsName('hello.default')), accept),
  ...leaf('id-and-wildcard', withNames(own, dnsName('*.default')), accept),
  ...leaf('id-and-address', withNames(own, writeValue(contextTag(7), Uint8Array.of(10, 0, 0, 1))), accept),
  ...leaf('id-and-mail', withNames(own, writeValue(contextTag(1), Buffer.from('a@example.com'))), accept),
  ...leaf('id-and-address-of-5-octets', withNames(own, writeValue(contextTag(7), Uint8Array.of(10, 0, 0, 1, 1))), malformed),
  ...leaf('id-and-empty-dns', withNames(own, dnsName('')), malformed),
  ...leaf('id-and-dns-with-nul', withNames(own, dnsName('a\0.evil')), malformed),
  ...leaf('id-cut-short', withNames(own.subarray(0, -3)), malformed),
  ...leaf('id-constructed', withNames(writeValue(contextConstructedTag(6), Buffer.from(workloadUri))), refuse('leaf-uri-count')),
  ...leaf('empty-uri', withNames(uriName('')), malformed),
  ...leaf('not-critical-and-no-subject', extension(oid.subjectAltName, { value: writeSequence(own) }), refuse('leaf-san-missing')),
  ...leaf(
    'not-critical-with-subject',
    both(extension(oid.subjectAltName, { value: writeSequence(own) }), (fields) => (fields.subject = commonName('hello'))),
    accept,
  ),
  ...leaf('trust-domain-without-path', withNames(uriName('spiffe://cluster.local')), refuse('leaf-id-without-path')),
  ...leaf('another-trust-domain', withNames(uriName('spiffe://other.example/ns/a/sa/b')), refuse('trust-domain-unknown')),
  ...leaf('trust-domain-as-prefix', withNames(uriName('spiffe://cluster.local.evil/ns/a/sa/b')), refuse('trust-domain-unknown')),
  ...leaf('trust-domain-with-final-dot', withNames(uriName('spiffe://cluster.local./ns/a/sa/b')), refuse('trust-domain-unknown')),
  ...Object.entries(badUris).flatMap(([what, uri]) => leaf(what, withNames(uriName(uri)), bad)),
  ...Object.entries(badOctets).flatMap(([what, uri]) => leaf(`octet-${what}`, withNames(uriName(uri)), malformed)),
  ...cases('names/authority-with-its-trust-domain', ['intermediate', 'root'], withNames(uriName('spiffe://cluster.local')), accept),
  ...cases('names/authority-with-a-workload-id', ['intermediate', 'root'], withNames(own), accept),
]
