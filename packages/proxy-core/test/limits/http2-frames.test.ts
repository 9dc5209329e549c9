/** The sizes of what a client of HTTP/2 sends: frames, header blocks, heads and compression, each at its limit and one over it. */
import { describe, expect, test } from 'vitest'
import { errorCode, frameType, settingId } from '../../src/codec/http2/frame-types.js'
import { edgeLimits, meshLimits } from '../../src/connection/limits.js'
import { block, frame, get } from '../integration/http2-peers.js'
import { expectEnded, expectServed, number, settings, stage, upload } from './http2-stage.js'

const calm = errorCode.enhanceYourCalm
const places = [
  { place: 'edge', limits: edgeLimits },
  { place: 'mesh', limits: meshLimits },
] as const

/** A request whose header block has so many bytes. */
function blockOf(bytes: number): Buffer {
  const rest = bytes - block(get('/', [['x', '']])).length
  // The length of a value takes one byte up to 126, and three or four for those that tests here need.
  const value = rest <= 126 ? rest : rest - (rest - 2 - 127 < 16_384 ? 2 : 3)
  const made = block(get('/', [['x', 'x'.repeat(value)]]))
  expect(made).toHaveLength(bytes)
  return made
}

describe('frames', () => {
  test('limit maxFrameBytes: HEADERS', () => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    talk.send(frame(frameType.headers, 5, 1, blockOf(16_384)))
    expect(talk.requests).toHaveLength(1)
    expectServed(talk, 3)
    talk.send(frame(frameType.headers, 5, 5, blockOf(16_385)))
    expectEnded(talk, errorCode.frameSizeError, 'a frame of type 1 that is too long', neighbour)
    expect(talk.requests).toHaveLength(2)
  })

  test('limit maxFrameBytes: DATA', () => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    talk.send(upload(1), frame(frameType.data, 0, 1, Buffer.alloc(16_384)))
    expect(talk.bodyBytes[0]).toBe(16_384)
    expectServed(talk, 3)
    talk.send(frame(frameType.data, 0, 1, Buffer.alloc(16_385)))
    expectEnded(talk, errorCode.frameSizeError, 'a frame of type 0 that is too long', neighbour)
    expect(talk.bodyBytes[0]).toBe(16_384)
    expect(talk.givenUp).toEqual([1])
  })

  test('limit maxFrameBytes: no larger ones are sent, whatever the client takes', () => {
    const talk = stage().connect()
    talk.send(settings([settingId.maxFrameSize, 0xffffff]), upload(1))
    talk.answer(talk.requests[0], 'x'.repeat(16_385))
    const sizes = talk.frames().flatMap(({ type, payload }) => (type === frameType.data ? [payload.length] : []))
    expect(sizes).toEqual([16_384, 1])
  })
})

describe.each(places)('a header block at the $place', ({ limits }) => {
  const { maxHeadBytes } = limits.head
  /** So many frames for one block. */
  const cutInto = (streamId: number, whole: Buffer, continuations: number): Buffer => {
    const each = Math.ceil(whole.length / (continuations + 1))
    const pieces = Array.from({ length: continuations + 1 }, (_, at) => whole.subarray(at * each, (at + 1) * each))
    return Buffer.concat(
      pieces.map((piece, at) =>
        at === 0
          ? frame(frameType.headers, 1, streamId, piece)
          : frame(frameType.continuation, at === continuations ? 4 : 0, streamId, piece),
      ),
    )
  }

  test('limit maxContinuations: CONTINUATION frames', () => {
    const { connect } = stage(limits)
    const [talk, neighbour] = [connect(), connect()]
    talk.send(cutInto(1, blockOf(1000), 16))
    expect(talk.requests).toHaveLength(1)
    expectServed(talk, 3)
    talk.send(cutInto(5, blockOf(1000), 17))
    expectEnded(talk, calm, 'a header block that is too long', neighbour)
    expect(talk.requests).toHaveLength(2)
  })

  test('limit maxHeadBytes: the bytes of a block, which end the stream only while they can be read', () => {
    const { connect } = stage(limits)
    const [talk, neighbour] = [connect(), connect()]
    // The head counts 32 bytes more for each field, so that it is too large; but the connection goes on.
    talk.send(cutInto(1, blockOf(maxHeadBytes), 5))
    expect(talk.resets()).toEqual([{ streamId: 1, code: calm }])
    expectServed(talk, 3)
    talk.send(cutInto(5, blockOf(maxHeadBytes + 1), 5))
    expectEnded(talk, calm, 'a header block that is too long', neighbour)
  })
})

describe.each(places)('a head at the $place', ({ limits }) => {
  const { maxHeadBytes, maxFields, maxFieldBytes, maxTargetBytes } = limits.head
  type Fields = ReturnType<typeof get>
  /** What became of a request with these fields; the connection goes on in any case. */
  const outcome = (fields: Fields): string => {
    const talk = stage(limits).connect()
    const whole = block(fields)
    const pieces = Math.ceil(whole.length / 16_384)
    talk.send(
      ...Array.from({ length: pieces }, (_, at) =>
        frame(
          at === 0 ? frameType.headers : frameType.continuation,
          (at === 0 ? 1 : 0) | (at === pieces - 1 ? 4 : 0),
          1,
          whole.subarray(at * 16_384, (at + 1) * 16_384),
        ),
      ),
    )
    const codes = talk.resets().map(({ code }) => code)
    const isServed = talk.requests.length === 1
    const status = talk.frames().some(({ type, streamId }) => type === frameType.headers && streamId === 1) ? ' answered' : ''
    expectServed(talk, 3)
    return isServed ? 'served' : `refused ${codes.join()}${status}`
  }
  const sizeOf = (fields: Fields): number => fields.reduce((size, [name, value]) => size + name.length + value.length + 32, 0)

  test('limit maxFields: fields, those with a colon among them', () => {
    const more = (count: number): Fields => get('/', Array<[string, string]>(count - 4).fill(['x', 'y']))
    expect(outcome(more(maxFields))).toBe('served')
    expect(outcome(more(maxFields + 1))).toBe('refused 11')
  })

  test('limit maxFieldBytes: one field', () => {
    expect(outcome(get('/', [['x', 'x'.repeat(maxFieldBytes - 1)]]))).toBe('served')
    expect(outcome(get('/', [['x', 'x'.repeat(maxFieldBytes)]]))).toBe('refused 11')
  })

  test('limit maxHeadBytes: all fields, with 32 bytes more for each', () => {
    const half = maxFieldBytes >> 1
    const fields = (last: number): Fields =>
      get('/', [
        ['a', 'a'.repeat(half)],
        ['b', 'b'.repeat(half)],
        ['c', 'c'.repeat(last)],
      ])
    const rest = maxHeadBytes - sizeOf(fields(0))
    expect(outcome(fields(rest))).toBe('served')
    expect(outcome(fields(rest + 1))).toBe('refused 11')
  })

  test('limit maxTargetBytes: the path', () => {
    expect(outcome(get(`/${'t'.repeat(maxTargetBytes - 1)}`))).toBe('served')
    expect(outcome(get(`/${'t'.repeat(maxTargetBytes)}`))).toBe('refused  answered')
  })

  test('limit maxMethodBytes: the method', () => {
    const withMethod = (method: string): Fields => get().map(([name, value]) => [name, name === ':method' ? method : value] as const)
    expect(outcome(withMethod('M'.repeat(32)))).toBe('served')
    expect(outcome(withMethod('M'.repeat(33)))).toBe('refused 1')
  })

  test('limit maxLengthDigits: digits of a length', () => {
    expect(outcome(get('/', [['content-length', '0'.repeat(16)]]))).toBe('served')
    expect(outcome(get('/', [['content-length', '0'.repeat(17)]]))).toBe('refused 1')
  })
})

describe('heads of open requests', () => {
  test('limit maxOpenHeadBytes: together no more than 4 MiB of text, and what has ended counts no more', () => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    const ask = (streamId: number, value: number): number => {
      talk.send(frame(frameType.headers, 5, streamId, block(get('/', [['x', 'x'.repeat(value)]]))))
      return talk.requests.at(-1)?.id === streamId ? (talk.requests.at(-1)?.headers.text.length ?? 0) : 0
    }
    const each = ask(1, 16_000)
    const fitting = Math.floor(4_194_304 / each)
    for (let at = 1; at < fitting; at++) expect(ask(at * 2 + 1, 16_000)).toBe(each)
    // The rest, to the byte; then there is no room for anything.
    const rest = 4_194_304 - fitting * each
    expect(ask(2001, 16_000 - each + rest)).toBe(rest)
    expect(ask(2003, 0)).toBe(0)
    expect(talk.resets()).toEqual([{ streamId: 2003, code: errorCode.refusedStream }])
    expect(talk.requests).toHaveLength(fitting + 1)
    talk.answer(talk.requests[0])
    expectServed(talk, 2005)
    expectServed(neighbour, 1)
  })
})

describe('compression', () => {
  const unreadable = 'a header block that cannot be read'
  const head = (streamId: number, ...parts: readonly Buffer[]): Buffer => frame(frameType.headers, 5, streamId, Buffer.concat(parts))

  test('limit maxIntegerShift: four bytes of a number, which is 2^28', () => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    // 127, in more and more bytes: a literal x: vvv...
    const length = (zeros: number): Buffer => Buffer.from([0, 1, 0x78, 0x7f, ...Array<number>(zeros).fill(0x80), 0])
    const value = Buffer.alloc(127, 'v')
    talk.send(head(1, block(get()), length(3), value))
    expect(talk.requests[0]?.headers.first('x')).toBe('v'.repeat(127))
    expectServed(talk, 3)
    talk.send(head(5, block(get()), length(4), value))
    expectEnded(talk, errorCode.compressionError, unreadable, neighbour)
  })

  test('limit ownTableSize: it is told, and a table may have it, but no more', () => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    expect(talk.frames()[0]?.payload.subarray(0, 6)).toEqual(Buffer.concat([Buffer.from([0, settingId.headerTableSize]), number(4096)]))
    talk.send(head(1, Buffer.from([0x3f, 0xe1, 0x1f]), block(get())))
    expectServed(talk, 3)
    talk.send(head(5, Buffer.from([0x3f, 0xe2, 0x1f]), block(get())))
    expectEnded(talk, errorCode.compressionError, unreadable, neighbour)
  })

  test('limit ownTableSize: fields beyond it push the oldest out', () => {
    const { connect } = stage()
    const [talk, neighbour] = [connect(), connect()]
    // 64 bytes each.
    const insert = (at: number): Buffer => Buffer.concat([Buffer.from([0x40, 1, 0x6b, 31]), Buffer.from(String(at).padEnd(31, '.'))])
    talk.send(head(1, block(get()), ...Array.from({ length: 64 }, (_, at) => insert(at))))
    const oldest = 62 + 63
    talk.send(head(3, block(get()), Buffer.from([0x80 | oldest])))
    expect(talk.requests[1]?.headers.first('k')).toBe('0'.padEnd(31, '.'))
    talk.send(head(5, block(get()), insert(64), Buffer.from([0x80 | oldest])))
    expect(talk.requests[2]?.headers.first('k')).toBe('64'.padEnd(31, '.'))
    expectServed(talk, 7)
    talk.send(head(9, block(get()), Buffer.from([0x80 | (oldest + 1)])))
    expectEnded(talk, errorCode.compressionError, unreadable, neighbour)
  })
})
