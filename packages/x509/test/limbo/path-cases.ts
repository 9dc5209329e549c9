/** Families "path length", "self-issued", "cross-signed", "loops", "many" and "trust": what certificates are to each other. */
import { oid } from '../../src/der/oid.js'
import { tag } from '../../src/der/tag.js'
import { writeBoolean, writeSequence, writeValue } from '../../src/der/write-der.js'
import { type Chain, type LimboCase, type Verdict, accept, chainOf, refuse } from './limbo-case.js'
import { type Change, type RawParty, ecKey, extension, makeRaw, workloadUri, withNames, uriName } from './raw-certificate.js'

const one = (id: string, chain: Chain, verdict: Verdict): LimboCase => ({ id, ...chain, ...verdict })

const pathLength = (value: number): Change =>
  extension(oid.basicConstraints, {
    isCritical: true,
    value: writeSequence(writeBoolean(true), writeValue(tag.integer, Uint8Array.of(value))),
  })

/** root, intermediates with these path lengths (undefined: none), leaf. */
function lengths(id: string, values: readonly (number | undefined)[], verdict: Verdict): LimboCase {
  const parties: RawParty[] = []
  for (const [index, value] of values.entries())
    parties.push(makeRaw(index === 0 ? 'root' : 'intermediate', parties.at(-1), value === undefined ? undefined : pathLength(value)))
  const [root, ...below] = [...parties, makeRaw('leaf', parties.at(-1))]
  return one(`path-length/${id}`, chainOf(root as RawParty, ...below), verdict)
}

const tooLong = refuse('path-length-exceeded')
const pathLengths: readonly LimboCase[] = [
  lengths('root-0', [0], accept),
  lengths('root-0-and-intermediate', [0, undefined], tooLong),
  lengths('root-1-and-intermediate', [1, undefined], accept),
  lengths('root-1-and-two-intermediates', [1, undefined, undefined], tooLong),
  lengths('intermediate-0', [undefined, 0], accept),
  lengths('intermediate-0-and-intermediate', [undefined, 0, undefined], tooLong),
  lengths('intermediate-0-and-intermediate-0', [undefined, 0, 0], tooLong),
  lengths('intermediate-1-and-intermediate-0', [undefined, 1, 0], accept),
  lengths('intermediate-may-not-widen', [undefined, 0, 5], tooLong),
  lengths('intermediate-widens-within', [2, 5], accept),
  lengths('intermediate-widens-beyond', [1, 5, 5], tooLong),
  lengths('four-exactly', [4, 3, 2, 1, 0], accept),
  lengths('four-and-one', [4, 3, 2, 1, 0, 0], tooLong),
  lengths('of-255', [127, 127], accept),
]

const root = makeRaw('root', undefined)
const middle = makeRaw('intermediate', root)
const leaf = makeRaw('leaf', middle)

/** The same name and another key, issued by itself: does not count for the path length. */
function selfIssued(issuer: RawParty, change: Change = () => {}): RawParty {
  return makeRaw('intermediate', issuer, (fields) => {
    fields.subject = issuer.subject
    change(fields)
  })
}
const narrow = makeRaw('root', undefined, pathLength(0))
const renewed = selfIssued(narrow)
const selfIssuedLeafOf = (issuer: RawParty): RawParty => makeRaw('leaf', issuer)
const selfSignedLeaf = makeRaw('leaf', undefined)
const selfSignedCa = makeRaw('root', undefined, withNames(uriName(workloadUri)))

const relations: readonly LimboCase[] = [
  one('self-issued/does-not-count', chainOf(narrow, renewed, selfIssuedLeafOf(renewed)), accept),
  one(
    'self-issued/and-one-that-counts',
    chainOf(narrow, renewed, makeRaw('intermediate', renewed), selfIssuedLeafOf(makeRaw('intermediate', renewed))),
    refuse(),
  ),
  one('self-signed/leaf', chainOf(root, selfSignedLeaf), refuse('issuer-unknown')),
  one(
    'self-signed/leaf-with-the-name-of-the-root',
    chainOf(
      root,
      makeRaw('leaf', undefined, (fields) => void (fields.issuer = root.subject)),
    ),
    refuse('issuer-unknown', 'signature-invalid'),
  ),
  one('self-signed/authority-as-leaf', chainOf(root, selfSignedCa), refuse('leaf-is-ca')),
  one('trust/good', chainOf(root, middle, leaf), accept),
  one('trust/no-chain', { chain: [], roots: [root.der] }, refuse('chain-empty')),
  one('trust/other-root', { chain: [leaf.der, middle.der], roots: [makeRaw('root', undefined).der] }, refuse('issuer-unknown')),
  one('trust/no-root', { chain: [leaf.der, middle.der], roots: [] }, refuse('issuer-unknown')),
  one('trust/intermediate-missing', { chain: [leaf.der], roots: [root.der] }, refuse('issuer-unknown')),
  one('trust/root-sent-instead-of-known', { chain: [leaf.der, middle.der, root.der], roots: [] }, refuse('issuer-unknown')),
  one('trust/root-sent-too', { chain: [leaf.der, middle.der, root.der], roots: [root.der] }, accept),
  one('trust/root-and-intermediate-swapped', { chain: [leaf.der, root.der], roots: [middle.der] }, accept),
  one('trust/intermediate-as-anchor', { chain: [leaf.der], roots: [middle.der] }, accept),
  one('trust/leaf-as-anchor', { chain: [leaf.der], roots: [leaf.der] }, refuse('bundle')),
  one('trust/order-reversed', { chain: [leaf.der, root.der, middle.der], roots: [root.der] }, accept),
  one('trust/leaf-last', { chain: [middle.der, leaf.der], roots: [root.der] }, refuse('leaf-is-ca')),
  one(
    'trust/strangers-in-between',
    { chain: [leaf.der, makeRaw('root', undefined).der, makeRaw('leaf', root).der, middle.der], roots: [root.der] },
    accept,
  ),
  one(
    'trust/leaf-issues-leaf',
    chainOf(root, selfIssuedLeafOf(root), makeRaw('leaf', selfNamed())),
    refuse('issuer-unknown', 'issuer-not-ca', 'signature-invalid'),
  ),
]

function selfNamed(): RawParty {
  return makeRaw('leaf', root, (fields) => {
    fields.subject = root.subject
  })
}

/** A new root under the old one's name, cross-signed both ways, as in a change of roots. */
function crossSigned(): readonly LimboCase[] {
  const oldRoot = makeRaw('root', undefined)
  const key = ecKey()
  const newRoot = makeRaw('root', undefined, undefined, key)
  const named: Change = (fields) => void (fields.subject = newRoot.subject)
  const newUnderOld = makeRaw('intermediate', oldRoot, named, key)
  const issued = makeRaw('leaf', newRoot)
  const expired = makeRaw(
    'intermediate',
    oldRoot,
    (fields) => {
      named(fields)
      fields.notAfter = fields.notBefore
    },
    key,
  )
  return [
    one('cross-signed/to-the-new-root', { chain: [issued.der], roots: [newRoot.der] }, accept),
    one('cross-signed/to-the-old-root', { chain: [issued.der, newUnderOld.der], roots: [oldRoot.der] }, accept),
    one('cross-signed/both-known', { chain: [issued.der, newUnderOld.der], roots: [oldRoot.der, newRoot.der] }, accept),
    one('cross-signed/the-way-over-the-old-one-has-ended', { chain: [issued.der, expired.der], roots: [oldRoot.der] }, refuse('expired')),
    one(
      'cross-signed/one-way-has-ended-the-other-has-not',
      { chain: [issued.der, expired.der], roots: [oldRoot.der, newRoot.der] },
      accept,
    ),
    one(
      'cross-signed/first-way-has-ended-second-has-not',
      { chain: [issued.der, expired.der, newUnderOld.der], roots: [oldRoot.der] },
      accept,
    ),
    one(
      'cross-signed/nobody-known',
      { chain: [issued.der, newUnderOld.der], roots: [makeRaw('root', undefined).der] },
      refuse('issuer-unknown'),
    ),
  ]
}

/** Two authorities that vouch for each other and for nobody else. */
function loops(): readonly LimboCase[] {
  const [firstKey, secondKey] = [ecKey(), ecKey()]
  const first = makeRaw('root', undefined, undefined, firstKey)
  const second = makeRaw('intermediate', first, undefined, secondKey)
  const firstUnderSecond = makeRaw('intermediate', second, (fields) => void (fields.subject = first.subject), firstKey)
  const end = makeRaw('leaf', second)
  const round = [end.der, second.der, firstUnderSecond.der]
  const sameName: RawParty[] = [makeRaw('root', undefined)]
  for (let level = 0; level < 6; level++) sameName.push(selfIssued(sameName.at(-1) as RawParty))
  return [
    one('loop/of-two-without-a-root', { chain: round, roots: [root.der] }, refuse('issuer-unknown')),
    one('loop/of-two-with-a-way-out', { chain: round, roots: [first.der] }, accept),
    one('loop/of-one', { chain: [makeRaw('leaf', first).der, first.der, first.der], roots: [root.der] }, refuse('issuer-unknown')),
    one('loop/same-name-six-keys', chainOf(sameName[0] as RawParty, ...sameName.slice(1), makeRaw('leaf', sameName.at(-1))), accept),
    one(
      'loop/same-name-six-keys-and-no-root',
      { chain: [makeRaw('leaf', sameName.at(-1)).der, ...sameName.slice(1).map(({ der }) => der)], roots: [root.der] },
      refuse(),
    ),
  ]
}

/** Copies of one authority that differ only in their serial: without a bound the ways through them grow as n!. */
function many(): readonly LimboCase[] {
  const key = ecKey()
  const forger = makeRaw('root', undefined)
  const copies = (count: number): RawParty[] =>
    Array.from({ length: count }, () =>
      makeRaw(
        'intermediate',
        forger,
        (fields) => {
          fields.subject = forger.subject
          fields.issuer = forger.subject
          fields.extensions = fields.extensions.filter(({ name }) => name !== oid.subjectKeyId && name !== oid.authorityKeyId)
        },
        forger.key,
      ),
    )
  const end = makeRaw('leaf', forger)
  const deep: RawParty[] = [makeRaw('root', undefined)]
  for (let level = 0; level < 8; level++) deep.push(makeRaw('intermediate', deep.at(-1)))
  const [top, ...below] = deep as [RawParty, ...RawParty[]]
  return [
    one('many/seven-twins', { chain: [end.der, ...copies(7).map(({ der }) => der)], roots: [root.der] }, refuse()),
    one('many/nine-certificates', { chain: [end.der, ...copies(8).map(({ der }) => der)], roots: [root.der] }, refuse('chain-too-long')),
    one(
      'many/a-thousand-certificates',
      { chain: [end.der, ...Array.from({ length: 999 }, () => forger.der)], roots: [root.der] },
      refuse('chain-too-long'),
    ),
    one('many/path-of-eight', chainOf(top, ...below.slice(0, 6), makeRaw('leaf', below[5])), accept),
    one('many/path-of-ten', chainOf(top, ...below, makeRaw('leaf', below.at(-1))), refuse('chain-too-long')),
    one('many/roots-of-one-name', { chain: [makeRaw('leaf', top).der], roots: [...copies(6).map(({ der }) => der), top.der] }, accept),
    one(
      'many/same-key-as-its-issuer',
      chainOf(top, makeRaw('intermediate', top, undefined, top.key), makeRaw('leaf', makeRaw('intermediate', top, undefined, key))),
      refuse(),
    ),
  ]
}

export const pathCases: readonly LimboCase[] = [...pathLengths, ...relations, ...crossSigned(), ...loops(), ...many()]
