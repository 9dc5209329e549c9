import { describe, expect, it } from 'vitest'
import { encodeSpiffeBundle, parseSpiffeBundle } from '../../src/index.js'
import { startCa } from '../support/fixtures.js'

const { ca } = await startCa()
const good = encodeSpiffeBundle(ca.bundle(), 300)
type Document = { keys: Record<string, unknown>[]; spiffe_sequence?: unknown; spiffe_refresh_hint?: unknown }

function changed(change: (document: Document) => void): string {
  const document = JSON.parse(good) as Document
  change(document)
  return JSON.stringify(document)
}

describe('a trust bundle in SPIFFE’s form', () => {
  it('reads as it was written', () => {
    const parsed = parseSpiffeBundle(good)
    expect(parsed).toMatchObject({
      ok: true,
      bundle: { rootsPem: ca.bundle().rootsPem, sequence: 1, refreshHintSeconds: 300, jwtKeyIds: [ca.bundle().jwtKeys[0]?.id] },
    })
    const document = JSON.parse(good) as Document
    expect(document.keys.map(({ use, kty, kid }) => [use, kty, typeof kid])).toEqual([
      ['x509-svid', 'EC', 'undefined'],
      ['jwt-svid', 'EC', 'string'],
    ])
    expect(good).not.toContain('"d"')
  })

  it('grows its number with each change of the roots', async () => {
    const { ca: other } = await startCa()
    await other.rotation?.prepare()
    expect(parseSpiffeBundle(encodeSpiffeBundle(other.bundle(), 1))).toMatchObject({ ok: true, bundle: { sequence: 2 } })
  })

  it.each<[string, (document: Document) => void]>([
    ['unknown uses and kinds', ({ keys }) => void keys.push({ use: 'wit-svid', kty: 'EC' }, { use: 'jwt-svid', kty: 'OKP' })],
    ['x509 keys without x5c', ({ keys }) => void keys.push({ use: 'x509-svid', kty: 'EC' })],
    ['no keys at all', (document) => void (document.keys = [])],
    [
      'no sequence and hint',
      (document) => {
        delete document.spiffe_sequence
        delete document.spiffe_refresh_hint
      },
    ],
  ])('with %s is read', (_, change) => {
    expect(parseSpiffeBundle(changed(change)).ok).toBe(true)
  })

  it('that is empty trusts nothing', () => {
    expect(parseSpiffeBundle('{"keys":[]}')).toMatchObject({ ok: true, bundle: { rootsPem: '', jwtKeyIds: [] } })
  })

  it.each<[string, string]>([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no keys', '{}'],
    ['keys that are no list', '{"keys":{}}'],
    ['a key twice', '{"keys":[],"keys":[]}'],
    ['a number above 2^53', '{"keys":[],"spiffe_sequence":9007199254740993}'],
    ['a negative hint', '{"keys":[],"spiffe_refresh_hint":-1}'],
    ['a key that is no object', '{"keys":[1]}'],
    [
      'two certificates in x5c',
      changed(({ keys }) => void (keys[0] = { ...keys[0], x5c: [(keys[0] as { x5c: string[] }).x5c[0], 'AA=='] })),
    ],
    ['x5c that is no certificate', changed(({ keys }) => void (keys[0] = { ...keys[0], x5c: ['AAAA'] }))],
    ['x5c in base64url', changed(({ keys }) => void (keys[0] = { ...keys[0], x5c: ['__-_'] }))],
    ['a token key without id', changed(({ keys }) => void delete keys[1]?.['kid'])],
    ['a token key with half a coordinate', changed(({ keys }) => void (keys[1] = { ...keys[1], x: 'AAAA' }))],
    ['two token keys of one id', changed(({ keys }) => void keys.push({ ...keys[1] }))],
    ['more than a mebibyte', ' '.repeat(1024 * 1024 + 1)],
  ])('with %s is refused with a reason', (_, text) => {
    expect(parseSpiffeBundle(text)).toMatchObject({ ok: false, reason: expect.any(String) as string })
  })
})
