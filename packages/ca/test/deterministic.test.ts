/** The same seed, clock and requests give the same authority again: as far as OpenSSL lets it, and how far that is. */
import { createPrivateKey } from 'node:crypto'
import { createSeededRandom } from '@heddle/base'
import { systemRandom } from '@heddle/base/node'
import { createFakeClock } from '@heddle/base/testing'
import { type KeyAlgorithm, type Certificate, encodePrivateKey, parseCertificate, parseCertificatePem, publicKeyOf } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { newKey } from '../src/authority/new-key.js'
import { createCa, createMemoryCaStore, makeCacerts } from '../src/index.js'
import { createTestCa } from '../src/testing.js'

interface Life {
  readonly certificates: readonly Certificate[]
  readonly privateKeys: readonly string[]
}

function certificatesIn(pem: string): Certificate[] {
  const blocks = parseCertificatePem(pem)
  return (blocks.ok ? blocks.ders : []).map((der) => {
    const parsed = parseCertificate(der)
    if (!parsed.ok) throw new Error(parsed.reason)
    return parsed.certificate
  })
}

/** A first start, a few certificates, and a rotation of the root. */
async function live(seed: number, rootKeyAlgorithm: KeyAlgorithm): Promise<Life> {
  const clock = createFakeClock()
  const options = { trustDomain: 'cluster.local', store: createMemoryCaStore(), rootKeyAlgorithm }
  await using ca = await createCa(options, { clock, random: createSeededRandom(seed) })
  const pems: string[] = []
  const privateKeys: string[] = []
  const issue = async (): Promise<void> => {
    for (const serviceAccount of ['a', 'b']) {
      const { chain, rootsPem, privateKeyPem } = await ca.issueFor({ namespace: 'default', serviceAccount })
      pems.push(...chain, rootsPem)
      privateKeys.push(privateKeyPem)
    }
  }
  await issue()
  await ca.rotation?.prepare()
  clock.advance(3_600_000)
  await ca.rotation?.activate()
  await issue()
  return { certificates: pems.flatMap(certificatesIn), privateKeys }
}

const bodies = ({ certificates }: Life): string[] => certificates.map(({ signature }) => Buffer.from(signature.tbs).toString('hex'))
const ders = ({ certificates }: Life): string[] => certificates.map(({ der }) => Buffer.from(der).toString('hex'))

describe('an authority with a seeded random', () => {
  it.each<KeyAlgorithm>(['ec-p256', 'ec-p384'])(
    'of %s has the same keys, serial numbers and certificates but for their signatures',
    async (algorithm) => {
      const [first, second, other] = [await live(7, algorithm), await live(7, algorithm), await live(8, algorithm)]
      expect(bodies(second)).toEqual(bodies(first))
      expect(second.privateKeys).toEqual(first.privateKeys)
      expect(bodies(other)).not.toEqual(bodies(first))
      expect(new Set(first.privateKeys).size).toBe(first.privateKeys.length)
      // Node gives no way to a nonce of RFC 6979: this is what differs, and all.
      expect(ders(second)).not.toEqual(ders(first))
    },
  )

  it('of Ed25519 is the same byte for byte', async () => {
    const [first, second, other] = [await live(7, 'ed25519'), await live(7, 'ed25519'), await live(8, 'ed25519')]
    expect(ders(second)).toEqual(ders(first))
    expect(ders(second)).not.toEqual(ders(other))
  })
})

it('an authority with the random of the system never has the same key twice', () => {
  const keys = Array.from({ length: 20 }, () => encodePrivateKey(newKey(systemRandom)))
  expect(new Set(keys).size).toBe(20)
})

it.each<KeyAlgorithm>(['ec-p256', 'ec-p384', 'ed25519', 'rsa'])('a derived key of %s is one that OpenSSL takes', (algorithm) => {
  const key = newKey(createSeededRandom(1), algorithm)
  const again = createPrivateKey(encodePrivateKey(key))
  expect(publicKeyOf(again)).toEqual(publicKeyOf(key))
})

it('test authorities and cacerts with a seed have the same keys, too', () => {
  const clock = createFakeClock()
  const keyOf = (seed: number): string =>
    createTestCa({ clock, random: createSeededRandom(seed) }).issue('spiffe://cluster.local/ns/a/sa/b').keyPem
  expect(keyOf(3)).toBe(keyOf(3))
  expect(keyOf(3)).not.toBe(keyOf(4))
  const caKeyOf = (seed: number): string =>
    makeCacerts({ trustDomain: 'cluster.local' }, { clock, random: createSeededRandom(seed) }).caKeyPem
  expect(caKeyOf(3)).toBe(caKeyOf(3))
})
