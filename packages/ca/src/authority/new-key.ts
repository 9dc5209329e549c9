/**
 * Private keys from the source of randomness that the authority was given. From the system's, OpenSSL makes them. From any other, such
 * as a test's seeded one, they are derived (FIPS 186-5 appendix A.2.1: more bits than the order, reduced), so that the same seed gives
 * the same keys. RSA keys are always OpenSSL's: its search for primes takes no seed.
 */
import { type KeyObject, createPrivateKey } from 'node:crypto'
import type { Random } from '@heddle/base'
import { systemRandom } from '@heddle/base/node'
import { type KeyAlgorithm, generateKey } from '@heddle/x509'

interface Curve {
  readonly order: bigint
  readonly octets: number
  /** DER of its object identifier. */
  readonly name: string
}

const curves: Readonly<Record<'ec-p256' | 'ec-p384', Curve>> = {
  'ec-p256': {
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    octets: 32,
    name: '06082a8648ce3d030107',
  },
  'ec-p384': {
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    octets: 48,
    name: '06052b81040022',
  },
}
/** 64 bits more than the order has make the bias of the reduction immeasurable. */
const extraOctets = 8
/** PKCS#8 of an Ed25519 key (RFC 8410 section 7) up to its 32 octets. */
const ed25519Head = '302e020100300506032b657004220420'

/** @param algorithm default: P-256. */
export function newKey(random: Random, algorithm: KeyAlgorithm = 'ec-p256'): KeyObject {
  if (random === systemRandom || algorithm === 'rsa') return generateKey(algorithm)
  if (algorithm === 'ed25519') {
    const der = Buffer.concat([Buffer.from(ed25519Head, 'hex'), random.bytes(32)])
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  }
  return ecKey(curves[algorithm], random)
}

/** SEC1 without the public half, which OpenSSL computes. */
function ecKey({ order, octets, name }: Curve, random: Random): KeyObject {
  const drawn = BigInt(`0x${Buffer.from(random.bytes(octets + extraOctets)).toString('hex')}`)
  const scalar = ((drawn % (order - 1n)) + 1n).toString(16).padStart(octets * 2, '0')
  const curve = Buffer.from(name, 'hex')
  const content = Buffer.concat([Buffer.of(2, 1, 1, 4, octets), Buffer.from(scalar, 'hex'), Buffer.of(0xa0, curve.length), curve])
  return createPrivateKey({ key: Buffer.concat([Buffer.of(0x30, content.length), content]), format: 'der', type: 'sec1' })
}
