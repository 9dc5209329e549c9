import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeJwtKeySet, parseJwtKeySet } from '../src/node.js'

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const [key] = (JSON.parse(encodeJwtKeySet([{ id: 'a', publicKey }])) as { keys: [object] }).keys
const parse = (keys: unknown): ReturnType<typeof parseJwtKeySet> => parseJwtKeySet(JSON.stringify({ keys }))

describe('the keys of tokens', () => {
  it('come out as they went in', () => {
    const parsed = parse([key])
    expect(parsed.ok && parsed.keys.keyIds).toEqual(['a'])
    expect(parsed.ok && parsed.keys.keyOf('a')?.equals(publicKey)).toBe(true)
    expect(parsed.ok && parsed.keys.keyOf('b')).toBeUndefined()
  })

  it('pass over what is for something else, and an empty list trusts nobody', () => {
    const parsed = parse([
      { ...key, use: 'x509-svid' },
      { kty: 'oct', kid: 'b' },
      { ...key, use: undefined },
    ])
    expect(parsed.ok && parsed.keys.keyIds).toEqual(['a'])
    expect(parse([])).toMatchObject({ ok: true })
  })

  it('of every kind are loaded as they are, and one off its curve is nobody’s', () => {
    const made = [
      ...['P-256', 'P-384', 'P-521'].map((namedCurve) => generateKeyPairSync('ec', { namedCurve }).publicKey),
      ...[2048, 4096].map((modulusLength) => generateKeyPairSync('rsa', { modulusLength }).publicKey),
    ]
    const parsed = parseJwtKeySet(encodeJwtKeySet(made.map((one, index) => ({ id: `k${index}`, publicKey: one }))))
    for (const [index, one] of made.entries()) expect(parsed.ok && parsed.keys.keyOf(`k${index}`)?.equals(one)).toBe(true)
    const off = parse([{ ...key, x: 'A'.repeat(43) }])
    expect(off.ok && off.keys.keyOf('a')).toBeUndefined()
  })

  it('of a curve that is slow to load cost nothing before a token names them', () => {
    const slow = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
    const text = encodeJwtKeySet(Array.from({ length: 75 }, (_, index) => ({ id: `k${index}`, publicKey: slow })))
    expect(text.length).toBeGreaterThan(14_000)
    const startMs = performance.now()
    for (let round = 0; round < 20; round++) expect(parseJwtKeySet(text).ok).toBe(true)
    expect((performance.now() - startMs) / 20).toBeLessThan(20)
  })

  it.each([
    ['no JSON', 'x'],
    ['no object', 'null'],
    ['no keys', '{}'],
    ['a key that is none', '{"keys":[1]}'],
    ['a key without an id', JSON.stringify({ keys: [{ ...key, kid: '' }] })],
    ['two keys of one id', JSON.stringify({ keys: [key, key] })],
    ['a coordinate that is too short', JSON.stringify({ keys: [{ ...key, x: 'AAAA' }] })],
    ['a coordinate that is no base64url', JSON.stringify({ keys: [{ ...key, x: `+${'A'.repeat(42)}` }] })],
    ['a coordinate that is no text', JSON.stringify({ keys: [{ ...key, x: 1 }] })],
    ['another curve', JSON.stringify({ keys: [{ ...key, crv: 'secp256k1' }] })],
    ['a curve of all objects', JSON.stringify({ keys: [{ ...key, crv: 'toString' }] })],
    ['RSA of 1024 bits', JSON.stringify({ keys: [{ kty: 'RSA', kid: 'r', n: 'v'.repeat(171), e: 'AQAB' }] })],
    ['RSA of 16384 bits', JSON.stringify({ keys: [{ kty: 'RSA', kid: 'r', n: 'v'.repeat(2731), e: 'AQAB' }] })],
    ['a field twice', '{"keys":[],"keys":[]}'],
    ['too much', `{"keys":[],"a":"${'x'.repeat(1024 * 1024)}"}`],
  ])('are refused with %s', (_, text) => expect(parseJwtKeySet(text)).toMatchObject({ ok: false }))
})
