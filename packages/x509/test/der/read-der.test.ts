import { describe, expect, it } from 'vitest'
import { attempt } from '../../src/der/der-fault.js'
import { decodeOid, encodeOid } from '../../src/der/oid.js'
import { contentOf, enter, finish, readWhole, take, takeBoolean, takeInteger, takeOctetAlignedBits } from '../../src/der/read-der.js'
import { tag } from '../../src/der/tag.js'
import { takeTime, writeTime } from '../../src/der/time.js'
import { writeSequence, writeUnsignedInteger } from '../../src/der/write-der.js'

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')

/** Content of a whole value in hexadecimal, or why it was refused. */
function read(hex: string): string {
  const result = attempt(() => Buffer.from(contentOf(readWhole(bytes(hex), tag.octetString, 'it'))).toString('hex'))
  return result.ok ? result.value : result.reason
}

function inside<T>(hex: string, run: (cursor: ReturnType<typeof enter>) => T): T | string {
  const result = attempt(() => run(enter(readWhole(writeSequence(bytes(hex)), tag.sequence, 'it'))))
  return result.ok ? result.value : result.reason
}

describe('the DER reader', () => {
  it('reads short and long lengths', () => {
    expect(read('04 02 0102')).toBe('0102')
    expect(read(`04 81 80 ${'00'.repeat(128)}`)).toBe('00'.repeat(128))
    expect(read(`04 82 0100 ${'07'.repeat(256)}`)).toBe('07'.repeat(256))
  })

  it.each([
    ['nothing', '', 'cut short'],
    ['a tag alone', '04', 'cut short'],
    ['a value cut short', '04 03 0102', 'cut short: 3 bytes announced, 2 present'],
    ['a byte too many', '04 01 01 02', '1 bytes after its last field'],
    ['an indefinite length', '04 80 0101 0000', 'indefinite'],
    ['a long form for a short length', '04 81 7f', 'not minimal'],
    ['a length with a leading zero', '04 82 0080', 'not minimal'],
    ['a length of five octets', '04 85 0000000001 01', 'does not fit'],
    ['a length of 4 GiB', '04 84 ffffffff', 'cut short'],
    ['a length cut short', '04 82 01', 'does not fit'],
    ['a long tag', '1f 81 01 00', 'tag number above 30'],
    ['another tag', '30 00', 'expected 0x4'],
  ])('refuses %s', (_, hex, reason) => {
    expect(read(hex)).toContain(reason)
  })

  it('refuses nesting that would go deeper than 16 levels', () => {
    let value: Uint8Array = writeSequence()
    for (let level = 0; level < 20; level++) value = writeSequence(value)
    const result = attempt(() => {
      let element = readWhole(value, tag.sequence, 'it')
      for (let level = 0; level < 20; level++) element = take(enter(element), tag.sequence, 'it')
    })
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('deeper') as string })
  })

  it.each(['0201 00', '0201 7f', '0202 0080', '0201 80', '0202 ff7f'])('accepts the integer %s', (hex) => {
    expect(typeof inside(hex, (cursor) => takeInteger(cursor, 'it'))).toBe('object')
  })

  it.each(['0200', '0202 007f', '0202 ffff', '0202 ff80'])('refuses the integer %s', (hex) => {
    expect(inside(hex, (cursor) => takeInteger(cursor, 'it'))).toContain('integer')
  })

  it('accepts 00 and ff as booleans and nothing else', () => {
    expect(inside('0101 ff', (cursor) => takeBoolean(cursor, 'it'))).toBe(true)
    expect(inside('0101 00', (cursor) => takeBoolean(cursor, 'it'))).toBe(false)
    for (const hex of ['0101 01', '0100', '0102 0000'])
      expect(inside(hex, (cursor) => takeBoolean(cursor, 'it'))).toContain('not a DER boolean')
  })

  it('refuses bit strings with loose bits', () => {
    expect(inside('0302 00ff', (cursor) => takeOctetAlignedBits(cursor, 'it'))).toEqual(Uint8Array.of(0xff))
    for (const hex of ['0300', '0302 01fe', '0302 08ff'])
      expect(inside(hex, (cursor) => takeOctetAlignedBits(cursor, 'it'))).toContain('octets')
  })
})

describe('object identifiers', () => {
  it.each(['1.2.840.10045.3.1.7', '2.5.29.17', '0.9.2342.19200300.100.1.25', '2.999.3', '1.3.132.0.34'])('keep %s both ways', (dotted) => {
    if (dotted !== '2.999.3') expect(decodeOid(encodeOid(dotted))).toBe(dotted)
    else expect(decodeOid(bytes('883703'))).toBe(dotted)
  })

  it.each(['', '80 01', '2a 80 01', '2a 86', `2a ${'ff'.repeat(9)} 7f`])('refuse %j', (hex) => {
    expect(attempt(() => decodeOid(bytes(hex))).ok).toBe(false)
  })
})

describe('times', () => {
  const timeOf = (hex: string): unknown => inside(hex, (cursor) => takeTime(cursor, 'it'))
  const utc = (text: string): string => `17 ${text.length.toString(16).padStart(2, '0')} ${Buffer.from(text).toString('hex')}`
  const generalized = (text: string): string => `18 ${text.length.toString(16).padStart(2, '0')} ${Buffer.from(text).toString('hex')}`

  it.each([
    Date.UTC(1950, 0, 1),
    Date.UTC(1999, 11, 31, 23, 59, 59),
    Date.UTC(2026, 1, 28),
    Date.UTC(2049, 11, 31, 23, 59, 59),
    Date.UTC(2050, 0, 1),
    Date.UTC(9999, 11, 31, 23, 59, 59),
  ])('keep %s both ways', (ms) => {
    expect(timeOf(Buffer.from(writeTime(ms)).toString('hex'))).toBe(ms)
    expect(writeTime(ms)[0]).toBe(ms < Date.UTC(2050, 0, 1) ? tag.utcTime : tag.generalizedTime)
  })

  it.each([
    utc('260230000000Z'),
    utc('261301000000Z'),
    utc('260101240000Z'),
    utc('260101000060Z'),
    utc('2601010000Z'),
    utc('260101000000+0000'),
    utc('26010100000aZ'),
    generalized('20260101000000Z'),
    generalized('20500101000000.5Z'),
    generalized('205001010000Z'),
    '0401 00',
  ])('refuse %s', (hex) => {
    expect(timeOf(hex)).toContain('it ')
  })
})

describe('the DER writer', () => {
  it('writes integers minimal and positive', () => {
    expect(Buffer.from(writeUnsignedInteger(bytes('0000'))).toString('hex')).toBe('020100')
    expect(Buffer.from(writeUnsignedInteger(bytes('0080'))).toString('hex')).toBe('02020080')
    expect(Buffer.from(writeUnsignedInteger(bytes('7f'))).toString('hex')).toBe('02017f')
  })

  it('writes what the reader accepts at every length border', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const value = writeSequence(new Uint8Array(length))
      const cursor = enter(readWhole(value, tag.sequence, 'it'))
      cursor.offset = cursor.end
      expect(() => finish(cursor, 'it')).not.toThrow()
      expect(cursor.end - (value.length - length)).toBe(length)
    }
  })
})
