/** Conversations of HTTP/2, sound or nearly: frames from the grammar of RFC 9113 with header blocks of RFC 7541, and mutations of their bytes. */
import type { Random } from '@heddle/base'

const names = [
  ':method',
  ':scheme',
  ':authority',
  ':path',
  ':status',
  ':protocol',
  'host',
  'te',
  'cookie',
  'content-length',
  'connection',
  'x-a',
  'X-A',
  'expect',
  '',
  'x\r\ny',
  'transfer-encoding',
]
const values = [
  'GET',
  'POST',
  'CONNECT',
  'http',
  'a',
  '/',
  '/x',
  '*',
  '200',
  '204',
  '103',
  'websocket',
  'trailers',
  '0',
  '5',
  '',
  'a b',
  'x\r\ny: z',
  ' a',
  '\0',
  '100-continue',
]

const empty = Buffer.alloc(0)

export class FrameGrammar {
  readonly #random: Random
  readonly #role: 'client' | 'server'

  /** @param role of whoever sends the frames. */
  #opened = 0

  constructor(random: Random, role: 'client' | 'server') {
    this.#random = random
    this.#role = role
  }

  conversation(): Buffer {
    this.#opened = 0
    const frames: Buffer[] = [frame(4, 0, 0, empty)]
    frames.push(...this.#headers(this.#streamId(true)))
    for (let count = this.#below(9); count > 0; count--) frames.push(...this.#frames())
    let bytes: Buffer = Buffer.concat(frames)
    if (this.chance(0.4)) for (let count = 1 + this.#below(3); count > 0; count--) bytes = this.#mutate(bytes)
    return bytes
  }

  cuts(length: number): readonly number[] {
    if (length < 2) return []
    if (length < 300 && this.chance(0.2)) return Array.from({ length: length - 1 }, (_, index) => index + 1)
    return Array.from({ length: 1 + this.#below(5) }, () => 1 + this.#below(length - 1)).toSorted((a, b) => a - b)
  }

  chance(share: number): boolean {
    return this.#random.next() < share
  }

  /** One that was opened before, nearly always; a client opens them as it goes. */
  #streamId(opens: boolean): number {
    if (this.chance(0.03)) return this.#below(12)
    if (this.#role === 'server') return this.#below(3) * 2 + 1
    if ((opens && this.chance(0.75)) || this.#opened === 0) return this.#opened++ * 2 + 1
    return this.#below(this.#opened) * 2 + 1
  }

  // oxlint-disable-next-line complexity -- a table of frames
  #frames(): readonly Buffer[] {
    const kind = this.#below(14)
    const id = this.#streamId(kind < 5)
    switch (kind) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return this.#headers(id)
      case 5:
      case 6:
      case 7:
        return [this.#data(id)]
      case 8:
        return [frame(3, 0, id, this.#word(8))]
      case 9:
        return [
          frame(4, this.#below(2), 0, this.chance(0.3) ? empty : Buffer.concat([Buffer.from([0, 1 + this.#below(9)]), this.#word(70_000)])),
        ]
      case 10:
        return [frame(6, this.#below(2), 0, Buffer.alloc(8))]
      case 11:
        return [frame(8, 0, this.chance(0.5) ? 0 : id, this.#word(70_000))]
      case 12:
        return [frame(2, 0, id, Buffer.concat([this.#word(9), Buffer.from([1])]))]
      default:
        return [
          this.chance(0.5)
            ? frame(7, 0, 0, Buffer.concat([this.#word(9), this.#word(12)]))
            : frame(this.#below(12), this.#below(256), id, this.#bytes(12)),
        ]
    }
  }

  #headers(id: number): readonly Buffer[] {
    const block = this.#block()
    const flags = this.chance(0.5) ? 1 : 0
    if (this.chance(0.2)) {
      const cut = this.#below(block.length + 1)
      return [frame(1, flags, id, block.subarray(0, cut)), frame(9, 4, id, block.subarray(cut))]
    }
    if (this.chance(0.1)) return [frame(1, flags | 4 | 8, id, Buffer.concat([Buffer.from([2]), block, Buffer.alloc(2)]))]
    return [frame(1, flags | 4, id, block)]
  }

  #data(id: number): Buffer {
    const bytes = this.chance(0.1) ? Buffer.alloc(this.#below(16_400), 'd') : this.#bytes(12)
    if (this.chance(0.2)) return frame(0, 8 | this.#below(2), id, Buffer.concat([Buffer.from([this.#below(4)]), bytes]))
    return frame(0, this.#below(2), id, bytes)
  }

  #block(): Buffer {
    if (this.#role === 'server')
      return this.chance(0.8)
        ? Buffer.concat([Buffer.from([this.#pick([0x88, 0x88, 0x89, 0x8b])]), ...this.#fields()])
        : Buffer.concat(this.#fields())
    // GET or POST, http, / and an authority: sound as it stands.
    const sound = Buffer.concat([Buffer.from([this.#pick([0x82, 0x83]), 0x86, 0x84]), literal(0x41, undefined, 'a')])
    return this.chance(0.85) ? Buffer.concat([sound, ...this.#fields()]) : Buffer.concat(this.#fields())
  }

  #fields(): readonly Buffer[] {
    return Array.from({ length: this.#below(4) }, () => {
      const kind = this.#below(10)
      if (kind < 2) return Buffer.from([0x80 | this.#below(70)])
      if (kind === 2) return Buffer.from([0x20 | this.#below(31)])
      const pattern = this.#pick([0, 0, 0x10, 0x40])
      return literal(pattern, this.chance(0.5) ? 'x-a' : this.#pick(names), this.#pick(values))
    })
  }

  #mutate(bytes: Buffer): Buffer {
    const at = this.#below(bytes.length + 1)
    const length = 1 + this.#below(4)
    switch (this.#below(4)) {
      case 0:
        return Buffer.concat([bytes.subarray(0, at), this.#bytes(4), bytes.subarray(at)])
      case 1:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
      case 2:
        return Buffer.concat([bytes.subarray(0, at), Buffer.from([this.#below(256)]), bytes.subarray(at + 1)])
      default:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length * 8), bytes.subarray(at)])
    }
  }

  #bytes(limit: number): Buffer {
    return Buffer.from(Array.from({ length: this.#below(limit) }, () => this.#below(256)))
  }
  #word(limit: number): Buffer {
    const word = Buffer.alloc(4)
    word.writeUInt32BE(this.chance(0.95) ? this.#below(limit) : 0x7fffffff)
    return word
  }
  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit)
  }
  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T
  }
}

function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

/** @param name undefined: `pattern` holds its index. */
function literal(pattern: number, name: string | undefined, value: string): Buffer {
  const text = (latin1: string): Buffer => Buffer.concat([Buffer.from([latin1.length]), Buffer.from(latin1, 'latin1')])
  return Buffer.concat([Buffer.from([pattern]), ...(name === undefined ? [] : [text(name)]), text(value)])
}
