/**
 * HPACK, the writing side (RFC 7541). Fields that came out of a peer's table, or were written before, are looked up by
 * identity and cost a byte or two; the first time they enter the table. What passes once is a plain literal: Huffman
 * coding would save bytes on the wire and cost more than it saves here, so it is kept for what stays.
 */
import type { FieldName, HeaderField } from '../../../message/header-field.js'
import { writeLatin1 } from '../../../message/latin1.js'
import { DynamicTable } from './dynamic-table.js'
import { encodeHuffman, huffmanLength } from './huffman-code.js'
import { staticEntries } from './static-table.js'

/** Bytes that the encoder writes into; it grows. */
export interface EncoderOutput {
  buffer: Buffer
  at: number
  /** Makes room for so many bytes after `at`. */
  reserve(bytes: number): void
}

/** What is used of the room that a peer offers. */
export const maxEncoderTableSize = 4096
/** Shorter text is written by a loop: the call into the runtime would cost more. */
const loopLength = 40

export class HpackEncoder {
  readonly #table = new DynamicTable(maxEncoderTableSize)
  /** The number of each field in the table, counted from the first that was ever inserted. */
  readonly #places = new Map<HeaderField, number>()
  readonly #out: EncoderOutput
  /** Sizes to tell before the next block: the smallest since the last one, and the current one; -1: none. */
  #smallest = -1
  #resized = false

  constructor(out: EncoderOutput) {
    this.#out = out
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setPeerTableSize(size: number): void {
    const next = Math.min(size, maxEncoderTableSize)
    if (next === this.#table.maxSize) return
    this.#smallest = this.#resized ? Math.min(this.#smallest, next) : next
    this.#resized = true
    this.#table.resize(next, this.#forget)
  }

  /** Before the fields of a block. */
  begin(): void {
    if (!this.#resized) return
    this.#out.reserve(16)
    if (this.#smallest < this.#table.maxSize) this.#integer(0x20, 0x1f, this.#smallest)
    this.#integer(0x20, 0x1f, this.#table.maxSize)
    this.#resized = false
  }

  /** A field that repeats. */
  field(field: HeaderField): void {
    if (field.staticIndex > 0) {
      this.#out.reserve(1)
      this.#out.buffer[this.#out.at++] = 0x80 | field.staticIndex
      return
    }
    const place = this.#places.get(field)
    if (place === undefined) return this.#insert(field)
    this.#out.reserve(4)
    this.#integer(0x80, 0x7f, staticEntries + this.#table.inserted - place)
  }

  /** A field that is not kept. @param value latin1. */
  literal(name: FieldName, value: string, isSecret: boolean): void {
    this.literalAt(name, value, 0, value.length, isSecret)
  }

  /** The same with a part of a text as value. */
  literalAt(name: FieldName, text: string, start: number, end: number, isSecret: boolean): void {
    this.#out.reserve(name.line.length + end - start + 24)
    this.#name(isSecret ? 0x10 : 0, 0x0f, name)
    this.#integer(0, 0x7f, end - start)
    this.#text(text, start, end)
  }

  #insert(field: HeaderField): void {
    const { name, value } = field
    if (!name.repeats || field.size > this.#table.maxSize >> 1) return this.literal(name, value, name.isSecret)
    const out = this.#out
    out.reserve(name.line.length + value.length + 24)
    this.#name(0x40, 0x3f, name)
    const huffman = huffmanLength(value)
    if (huffman < value.length) {
      this.#integer(0x80, 0x7f, huffman)
      out.at = encodeHuffman(value, out.buffer, out.at)
    } else {
      this.#integer(0, 0x7f, value.length)
      this.#text(value, 0, value.length)
    }
    if (this.#table.insert(field, this.#forget)) this.#places.set(field, this.#table.inserted - 1)
  }

  readonly #forget = (field: HeaderField, number: number): void => {
    if (this.#places.get(field) === number) this.#places.delete(field)
  }

  /** @param mask of the index, which is 0 where the name is written out. */
  #name(pattern: number, mask: number, name: FieldName): void {
    if (name.staticIndex > 0) return this.#integer(pattern, mask, name.staticIndex)
    const out = this.#out
    out.buffer[out.at++] = pattern
    const length = name.line.length - 2
    this.#integer(0, 0x7f, length)
    for (let at = 0; at < length; at++) out.buffer[out.at + at] = name.line[at] as number
    out.at += length
  }

  #text(text: string, start: number, end: number): void {
    const out = this.#out
    const { buffer } = out
    const from = out.at - start
    if (end - start > loopLength) writeLatin1(text.slice(start, end), buffer, out.at)
    else for (let at = start; at < end; at++) buffer[from + at] = text.charCodeAt(at)
    out.at += end - start
  }

  #integer(pattern: number, mask: number, value: number): void {
    const out = this.#out
    if (value < mask) {
      out.buffer[out.at++] = pattern | value
      return
    }
    out.buffer[out.at++] = pattern | mask
    let left = value - mask
    for (; left >= 0x80; left >>>= 7) out.buffer[out.at++] = (left & 0x7f) | 0x80
    out.buffer[out.at++] = left
  }
}
