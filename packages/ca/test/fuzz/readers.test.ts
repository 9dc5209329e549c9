/**
 * T42: whatever bytes come, the readers answer with a reason or a value, never with an exception, and soon. A fixed seed makes each run
 * the same; HEDDLE_TEST_SEED and HEDDLE_FUZZ_RUNS give others and more.
 */
import { generateKeyPairSync } from 'node:crypto'
import { createSeededRandom } from '@heddle/base'
import {
  createCrl,
  createCsr,
  createKeySigner,
  encodePem,
  generateKey,
  parseCertificate,
  parseCrl,
  parseCsr,
  parsePem,
  verifySvidPath,
} from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { encodeSpiffeBundle, parseSpiffeBundle, validateJwtSvid } from '../../src/index.js'
import { createTestCa } from '../../src/testing.js'
import { caller, startCa } from '../support/fixtures.js'

const seed = Number(process.env['HEDDLE_TEST_SEED'] ?? 20_260_101)
const runs = Number(process.env['HEDDLE_FUZZ_RUNS'] ?? 100_000)
process.stdout.write(`fuzzing ${runs} inputs with seed ${seed}\n`)

const random = createSeededRandom(seed)
const int = (below: number): number => Math.floor(random.next() * below)

const testCa = createTestCa()
const chain = testCa.issue('spiffe://cluster.local/ns/a/sa/b', { intermediates: 1 }).chain
const { ca, clock } = await startCa()
const jwt = (await ca.issueJwt(caller, ['x'])).token
const bundleText = encodeSpiffeBundle(ca.bundle(), 300)
const csrBlock = parsePem(createCsr({ privateKey: generateKey(), altNames: { uris: ['spiffe://a/b'] } }))
const csrDer = csrBlock.ok ? (csrBlock.blocks[0]?.der as Uint8Array) : new Uint8Array(0)
const crlDer = await makeCrl()

async function makeCrl(): Promise<Uint8Array> {
  const blocks = parsePem(ca.bundle().rootsPem)
  const root = blocks.ok && parseCertificate(blocks.blocks[0]?.der as Uint8Array)
  if (!root || !root.ok) throw new Error('no root')
  const revoked = [{ serialHex: '4102', revokedAtMs: clock.now(), reason: 'keyCompromise' as const }]
  const fields = { number: 1n, thisUpdateMs: clock.now(), nextUpdateMs: clock.now() + 1000, revoked }
  return await createCrl(fields, { signer: createKeySigner(generateKey()), certificate: root.certificate })
}

const slow = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })
const slowKeys = Array.from({ length: 100 }, (_, index) => JSON.stringify({ use: 'jwt-svid', kid: `k${index}`, ...slow }))
const slowKeyLength = (slowKeys.at(-1)?.length ?? 0) + 1

/** Bytes that decide: lengths, tags, ends. */
const interesting = [
  0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xff, 0x30, 0x31, 0x02, 0x03, 0x04, 0x05, 0x06, 0xa0, 0xa3, 0x1f, 0x22, 0x5c, 0x7b,
]

function mutate(good: Uint8Array): Uint8Array {
  const kind = int(8)
  if (kind === 0) return Uint8Array.from(random.bytes(int(300)))
  if (kind === 1) return good.subarray(0, int(good.length))
  const bytes = Buffer.from(good)
  for (let edits = 1 + int(4); edits > 0; edits--)
    bytes[int(bytes.length)] = int(2) === 0 ? int(256) : (interesting[int(interesting.length)] as number)
  if (kind === 2) return Buffer.concat([bytes, random.bytes(int(40))])
  if (kind === 3) {
    const at = int(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(int(bytes.length)), bytes.subarray(at)])
  }
  return bytes
}

const textOf = (good: string): string => Buffer.from(mutate(Buffer.from(good))).toString('latin1')

const readers: Readonly<Record<string, () => unknown>> = {
  certificate: () => parseCertificate(mutate(chain[0] as Uint8Array)),
  'revocation list': () => parseCrl(mutate(crlDer)),
  request: () => parseCsr(encodePem('CERTIFICATE REQUEST', mutate(csrDer))),
  PEM: () => parsePem(textOf(encodePem('CERTIFICATE', chain[0] as Uint8Array))),
  chain: () =>
    verifySvidPath({ chain: [mutate(chain[0] as Uint8Array), chain[1] as Uint8Array], bundle: testCa.bundle, nowMs: Date.now() }),
  token: () =>
    validateJwtSvid({
      token: textOf(jwt),
      audience: 'x',
      nowMs: clock.now(),
      bundleOf: () => ({ keyOf: () => ca.bundle().jwtKeys[0]?.publicKey }),
    }),
  bundle: () => parseSpiffeBundle(textOf(bundleText)),
}

describe('T42: hostile input', () => {
  const names = Object.keys(readers)
  it.each(names)(
    'to the reader of a %s gets a typed answer',
    (name) => {
      const read = readers[name] as () => { readonly ok: boolean; readonly reason?: unknown }
      let refused = 0
      for (let run = 0; run < runs / names.length; run++) {
        const result = read()
        if (result.ok) continue
        refused++
        if (typeof result.reason !== 'string' || result.reason === '')
          throw new Error(`run ${run} of seed ${seed}: a refusal without a reason`)
      }
      expect(refused).toBeGreaterThan(runs / names.length / 2)
    },
    // A million runs on a busy machine take their time.
    120_000 + runs,
  )

  it.each<[string, (size: number) => void]>([
    ['nested DER', (size) => void parseCertificate(Buffer.alloc(size, 0x30))],
    [
      'a certificate with a long name',
      (size) => void parseCertificate(Buffer.concat([Buffer.of(0x30, 0x82, 0x3f, 0xfc), Buffer.alloc(size - 4, 0x31)])),
    ],
    [
      'a request of one letter',
      (size) => void parseCsr(`-----BEGIN CERTIFICATE REQUEST-----\n${'A'.repeat(size - 100)}\n-----END CERTIFICATE REQUEST-----\n`),
    ],
    ['PEM of begin lines', (size) => void parsePem('-----BEGIN A-----\n'.repeat(size / 18))],
    ['PEM of line ends', (size) => void parsePem('\n'.repeat(size))],
    ['PEM of short lines', (size) => void parsePem(`-----BEGIN A-----\n${'A\n'.repeat(size / 2 - 20)}-----END A-----\n`)],
    ['a list of revocations', (size) => void parseCrl(Buffer.alloc(size, 0x02))],
    ['a token of dots', (size) => void validateJwtSvid({ token: '.'.repeat(size), audience: 'x', nowMs: 0, bundleOf: () => undefined })],
    [
      'a token of brackets',
      (size) =>
        void validateJwtSvid({
          token: `${Buffer.from('['.repeat((size * 3) / 4 - 10)).toString('base64url')}.e30.e30`,
          audience: 'x',
          nowMs: 0,
          bundleOf: () => undefined,
        }),
    ],
    ['a bundle of brackets', (size) => void parseSpiffeBundle('['.repeat(size / 2) + ']'.repeat(size / 2))],
    ['a bundle of keys', (size) => void parseSpiffeBundle(`{"keys":[${'{},'.repeat(size / 3 - 10)}{}]}`)],
    [
      'a bundle of keys that are slow to load',
      (size) => void parseSpiffeBundle(`{"keys":[${slowKeys.slice(0, size / slowKeyLength).join()}]}`),
    ],
    ['a bundle of backslashes', (size) => void parseSpiffeBundle(`{"keys":"${'\\\\'.repeat(size / 2 - 10)}"}`)],
  ])('of 16 KiB costs at most 50 ms: %s', (_, read) => {
    read(16 * 1024)
    const fastest = Math.min(
      ...Array.from({ length: 5 }, () => {
        const started = performance.now()
        read(16 * 1024)
        return performance.now() - started
      }),
    )
    expect(fastest).toBeLessThan(50)
  })
})
