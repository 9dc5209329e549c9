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

  it.each([
    ['no JSON', 'x'],
    ['no object', 'null'],
    ['no keys', '{}'],
    ['a key that is none', '{"keys":[1]}'],
    ['a key without an id', JSON.stringify({ keys: [{ ...key, kid: '' }] })],
    ['two keys of one id', JSON.stringify({ keys: [key, key] })],
    ['a key off its curve', JSON.stringify({ keys: [{ ...key, x: 'AAAA' }] })],
    ['a field twice', '{"keys":[],"keys":[]}'],
    ['too much', `{"keys":[],"a":"${'x'.repeat(1024 * 1024)}"}`],
  ])('are refused with %s', (_, text) => expect(parseJwtKeySet(text)).toMatchObject({ ok: false }))
})
