/**
 * HPACK, the reading side (RFC 7541): a whole header block in, fields out. Fields of the tables come as the objects that
 * the tables hold; literals are written as bytes where the reader of the head wants them, so that no text is made of what
 * only passes through.
 */
import { type FieldName, HeaderField, knownField, readFieldName } from '../../../message/header-field.js'
import { latin1 } from '../../../message/latin1.js'
import { DynamicTable } from './dynamic-table.js'
import { decodeHuffman } from './huffman-code.js'
import { staticEntries, staticTable } from './static-table.js'

/** Who puts a head together. */
export interface FieldSink {
  /** Where the line of a literal is written. Behind `at` there must be room for 8/5 of the block, which is what Huffman coding saves at most. */
  readonly bytes: Buffer
  readonly at: number
  onField(field: HeaderField): void
  /** @param isSecret whether the field must never enter a table. */
  onLiteral(name: FieldName, valueStart: number, valueEnd: number, isSecret: boolean): void
}

/** Tables for ourselves; what peers may use of them is told in SETTINGS. */
export const ownTableSize = 4096
const maxIntegerShift = 21

export class HpackDecoder {
  readonly #table = new DynamicTable(ownTableSize)
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0
  #failed = false

  /** Reads one whole block. @returns whether it was sound; the connection is lost otherwise. */
  decode(buffer: Buffer, start: number, end: number, sink: FieldSink): boolean {
    this.#buffer = buffer
    this.#at = start
    this.#end = end
    this.#failed = false
    let mayResize = true
    while (this.#at < this.#end && !this.#failed) {
      const first = buffer[this.#at] as number
      if (first >= 0x80) this.#readIndexed(first, sink)
      else if (first >= 0x40) this.#readLiteral(first, 0x3f, sink, true, false)
      else if (first >= 0x20) this.#resize(first, mayResize)
      else this.#readLiteral(first, 0x0f, sink, false, first >= 0x10)
      // Section 4.2: changes of the size stand at the beginning of a block.
      if (first < 0x20 || first >= 0x40) mayResize = false
    }
    return !this.#failed
  }

  #readIndexed(first: number, sink: FieldSink): void {
    let index = first & 0x7f
    if (index < 0x7f) this.#at++
    else index = this.#integer(first, 0x7f)
    const field = this.#entry(index)
    if (field === undefined) this.#failed = true
    else sink.onField(field)
  }

  #entry(index: number): HeaderField | undefined {
    return index <= staticEntries ? staticTable[index] : this.#table.at(index - staticEntries - 1)
  }

  #readLiteral(first: number, mask: number, sink: FieldSink, isIndexed: boolean, isSecret: boolean): void {
    const nameIndex = this.#integer(first, mask)
    if (this.#failed) return
    const { bytes, at } = sink
    const name = nameIndex === 0 ? this.#name(bytes, at) : this.#entry(nameIndex)?.name
    if (name === undefined || this.#failed) {
      this.#failed = true
      return
    }
    bytes.set(name.line, at)
    const valueStart = at + name.line.length
    const valueEnd = this.#string(bytes, valueStart)
    if (valueEnd < 0) return
    if (isIndexed) this.#insert(name, valueStart, valueEnd, sink)
    else sink.onLiteral(name, valueStart, valueEnd, isSecret)
  }

  /** Some peers put the same fields into the table again and again. */
  #insert(name: FieldName, valueStart: number, valueEnd: number, sink: FieldSink): void {
    const known = knownField(name, sink.bytes, valueStart, valueEnd)
    this.#table.insert(known ?? new HeaderField(name, latin1(sink.bytes, valueStart, valueEnd)))
    if (known === undefined) sink.onLiteral(name, valueStart, valueEnd, false)
    else sink.onField(known)
  }

  #name(bytes: Buffer, at: number): FieldName | undefined {
    const end = this.#string(bytes, at)
    return end < 0 ? undefined : readFieldName(bytes, at, end)
  }

  #resize(first: number, mayResize: boolean): void {
    const size = this.#integer(first, 0x1f)
    if (!mayResize || size > ownTableSize) this.#failed = true
    if (!this.#failed) this.#table.resize(size)
  }

  /** Section 5.1. Numbers beyond 2^28 have no meaning in a block and are refused before they overflow. */
  #integer(first: number, mask: number): number {
    let value = first & mask
    this.#at++
    if (value < mask) return value
    for (let shift = 0; shift <= maxIntegerShift; shift += 7) {
      if (this.#at >= this.#end) break
      const byte = this.#buffer[this.#at++] as number
      value += (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    this.#failed = true
    return 0
  }

  /** Writes a string. @returns where it ends; -1 when it is broken. */
  #string(out: Buffer, at: number): number {
    const buffer = this.#buffer
    const first = this.#at < this.#end ? (buffer[this.#at] as number) : -1
    const length = first < 0 ? -1 : this.#integer(first, 0x7f)
    const start = this.#at
    if (length < 0 || this.#failed || start + length > this.#end) {
      this.#failed = true
      return -1
    }
    this.#at = start + length
    if (first >= 0x80) {
      const end = decodeHuffman(buffer, start, start + length, out, at)
      if (end < 0) this.#failed = true
      return end
    }
    if (length > 64) buffer.copy(out, at, start, start + length)
    else for (let read = 0; read < length; read++) out[at + read] = buffer[start + read] as number
    return at + length
  }
}
