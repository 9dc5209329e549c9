/** RFC 7541 appendix C, errors, and both directions against a second implementation (Node's). */
import { HpackDecoder } from '../../../src/codec/http2/hpack/decoder.js'
import { HpackEncoder, type EncoderOutput } from '../../../src/codec/http2/hpack/encoder.js'
import { decodeHuffman, encodeHuffman, huffmanLength } from '../../../src/codec/http2/hpack/huffman-code.js'
import { fieldNameOf, type FieldName, type HeaderField, repeatedField } from '../../../src/message/header-field.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

class Fields {
  readonly bytes: Buffer = Buffer.alloc(400_000)
  readonly at = 0
  readonly list: string[] = []
  readonly secrets: string[] = []
  onField(field: HeaderField): void {
    this.list.push(`${field.name.text}: ${field.value}`)
  }
  onLiteral(name: FieldName, start: number, end: number, isSecret: boolean): void {
    this.list.push(`${name.text}: ${this.bytes.toString('latin1', start, end)}`)
    if (isSecret) this.secrets.push(name.text)
  }
}

class Output implements EncoderOutput {
  buffer: Buffer = Buffer.alloc(64)
  at = 0
  reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    this.buffer = Buffer.concat([this.buffer, Buffer.alloc(bytes + this.buffer.length)])
  }
  take(): Buffer {
    const taken = Buffer.from(this.buffer.subarray(0, this.at))
    this.at = 0
    return taken
  }
}

function decode(decoder: HpackDecoder, hex: string): readonly string[] | undefined {
  const block = Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')
  const fields = new Fields()
  return decoder.decode(block, 0, block.length, fields) ? fields.list : undefined
}

const requests = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
]
const first = [':status: 302', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:21 GMT', 'location: https://www.example.com']

describe('the decoder', () => {
  it('reads the single fields of appendix C.2', () => {
    expect(decode(new HpackDecoder(), '400a637573746f6d2d6b65790d637573746f6d2d686561646572')).toEqual(['custom-key: custom-header'])
    expect(decode(new HpackDecoder(), '040c2f73616d706c652f70617468')).toEqual([':path: /sample/path'])
    expect(decode(new HpackDecoder(), '82')).toEqual([':method: GET'])
    const fields = new Fields()
    const block = Buffer.from('100870617373776f726406736563726574', 'hex')
    expect(new HpackDecoder().decode(block, 0, block.length, fields)).toBe(true)
    expect(fields.secrets).toEqual(['password'])
  })

  it.each([
    [
      'C.3, plain',
      [
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ],
    ],
    [
      'C.4, Huffman',
      ['828684418cf1e3c2e5f23a6ba0ab90f4ff', '828684be5886a8eb10649cbf', '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'],
    ],
  ])('reads the requests of appendix %s', (_, blocks) => {
    const decoder = new HpackDecoder()
    expect(blocks.map((block) => decode(decoder, block))).toEqual(requests)
  })

  it('reads the answers of appendix C.6 with a table of 256 bytes', () => {
    const decoder = new HpackDecoder()
    // The vectors assume that the size was agreed before; here the block says it.
    expect(
      decode(
        decoder,
        '3fe101 488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      ),
    ).toEqual(first)
    expect(decode(decoder, '4883640effc1c0bf')).toEqual([':status: 307', ...first.slice(1)])
    expect(
      decode(
        decoder,
        '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      ),
    ).toEqual([
      ':status: 200',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:22 GMT',
      'location: https://www.example.com',
      'content-encoding: gzip',
      'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ])
  })

  it.each([
    ['index 0', '80'],
    ['an index beyond the tables', 'ff49'],
    ['an integer without an end', 'ffffffffffffffffffffff'],
    ['an integer that overflows', 'ffffffffffffffffffff7f'],
    ['a block that ends within an integer', 'ff80'],
    ['a string beyond the block', '000a6162'],
    ['a table larger than allowed', '3fe21f'],
    ['a change of the table behind a field', '8220'],
    ['a name index beyond the tables', '7f490161'],
    ['EOS in a string', '0084ffffffff00'],
    ['padding of eight bits', '0082 1fff 00'],
    ['padding of zeros', '00811800'],
  ])('refuses %s', (_, block) => {
    expect(decode(new HpackDecoder(), block)).toBeUndefined()
  })

  it('never throws, and reads a block the same in whatever table state it is left', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (blocks) => {
        const decoder = new HpackDecoder()
        for (const block of blocks) decoder.decode(Buffer.from(block), 0, block.length, new Fields())
      }),
      { seed: 7541, numRuns: 3000 },
    )
  })
})

describe('Huffman coding', () => {
  it('turns every text into itself', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = Buffer.from(bytes).toString('latin1')
        const coded = Buffer.alloc(huffmanLength(text))
        expect(encodeHuffman(text, coded, 0)).toBe(coded.length)
        const out = Buffer.alloc(bytes.length * 2 + 16)
        expect(out.toString('latin1', 0, decodeHuffman(coded, 0, coded.length, out, 0))).toBe(text)
      }),
      { seed: 7541, numRuns: 2000 },
    )
  })
})

describe('the encoder', () => {
  const fieldArbitrary = fc.tuple(
    fc.constantFrom(':status', 'server', 'content-type', 'x-request-id', 'authorization', 'x-custom', 'x-other'),
    fc.constantFrom('a', 'b', 'text/plain', 'x'.repeat(200), 'y'.repeat(1500), ''),
  )

  it('writes what a decoder reads back, whatever the peer does with the table', () => {
    const step = fc.oneof(
      fc.record({ fields: fc.array(fieldArbitrary, { maxLength: 12 }) }),
      fc.record({ tableSize: fc.integer({ min: 0, max: 8192 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const output = new Output()
        const encoder = new HpackEncoder(output)
        const decoder = new HpackDecoder()
        for (const taken of steps) {
          if ('tableSize' in taken) {
            encoder.setPeerTableSize(taken.tableSize)
            continue
          }
          encoder.begin()
          for (const [text, value] of taken.fields) {
            const name = fieldNameOf(text)
            const field = repeatedField(name, value)
            if (field === undefined) encoder.literal(name, value, name.isSecret)
            else encoder.field(field)
          }
          const fields = new Fields()
          const block = output.take()
          expect(decoder.decode(block, 0, block.length, fields)).toBe(true)
          expect(fields.list).toEqual(taken.fields.map(([name, value]) => `${name}: ${value}`))
        }
      }),
      { seed: 7541, numRuns: 500 },
    )
  })

  it('needs one byte for a field that came before', () => {
    const output = new Output()
    const encoder = new HpackEncoder(output)
    const name = fieldNameOf('x-hop')
    repeatedField(name, 'one')
    const field = repeatedField(name, 'one') as HeaderField
    encoder.field(field)
    expect(output.take().length).toBeGreaterThan(5)
    encoder.field(field)
    expect(output.take()).toEqual(Buffer.from([0xbe]))
  })
})
