/**
 * HTTP/1.1 message heads (RFC 9112 sections 2 to 5), strictly: CRLF only, no folding, no blank before a colon, one blank
 * where the grammar has one. Any doubt is an error. The parser is resumable at lines, so a head that arrives in pieces is
 * not scanned again from its start; it knows nothing of sockets.
 */
import { classifyHeaderName } from '../../message/header-names.js'
import { type HeaderBlock, unevenMark } from '../../message/header-block.js'
import { latin1 } from '../../message/latin1.js'
import { COLON, CR, HTAB, LF, methodBytes, SP, targetBytes, tokenBytes, valueBytes } from './syntax.js'

export interface HeadLimits {
  /** Bytes of the whole head. */
  readonly maxHeadBytes: number
  readonly maxFields: number
  readonly maxFieldBytes: number
  readonly maxTargetBytes: number
}

/** Results of `parse` below zero. */
export const headError = { syntax: -1, version: -2, tooLarge: -3, targetTooLong: -4 } as const

const maxMethodBytes = 32
/** Results of the steps: more bytes are needed. */
const more = 0

export class HeadParser {
  readonly #role: 'request' | 'response'
  readonly #limits: HeadLimits
  /** Start line, valid after a positive result; offsets from the head's start. */
  method = ''
  target = ''
  /** 0 or 1. */
  minorVersion = 1
  status = 0
  reason = ''
  /** Where the first line that was not parsed yet begins; 0 before the start line. */
  #resumeAt = 0
  #startLineDone = false

  constructor(role: 'request' | 'response', limits: HeadLimits) {
    this.#role = role
    this.#limits = limits
  }

  /** Forgets a half-read head. */
  reset(): void {
    this.#resumeAt = 0
    this.#startLineDone = false
  }

  /**
   * Parses the head that starts at `start`. Offsets written into `block` count from `start`; its `text` is set when the head is whole.
   * @returns the head's length in bytes; 0 when more bytes are needed (call again with the same bytes and more); below zero a `headError`.
   */
  parse(buffer: Buffer, start: number, end: number, block: HeaderBlock): number {
    if (!this.#startLineDone) {
      block.begin()
      const line = this.#parseStartLine(buffer, start, end)
      if (line <= 0) return line === more ? this.#needMore(end - start) : line
      this.#resumeAt = line - start
      this.#startLineDone = true
    }
    const fieldsEnd = this.#parseFields(buffer, start, end, block)
    if (fieldsEnd <= 0) return fieldsEnd === more ? this.#needMore(end - start) : fieldsEnd
    return this.#finish(buffer, start, end, block)
  }

  #needMore(available: number): number {
    if (available <= this.#limits.maxHeadBytes) return more
    return this.#startLineDone || this.#role === 'response' ? headError.tooLarge : headError.targetTooLong
  }

  #finish(buffer: Buffer, start: number, end: number, block: HeaderBlock): number {
    const at = start + this.#resumeAt
    if (at + 1 >= end) return more
    if (buffer[at + 1] !== LF) return headError.syntax
    const length = this.#resumeAt + 2
    if (length > this.#limits.maxHeadBytes) return headError.tooLarge
    block.text = latin1(buffer, start, start + length)
    this.reset()
    return length
  }

  #parseStartLine(buffer: Buffer, start: number, end: number): number {
    let at = start
    // RFC 9112-2.2: one empty line before a request is forgiven, since old clients sent it after a body.
    if (this.#role === 'request' && buffer[at] === CR) {
      if (at + 1 >= end) return more
      if (buffer[at + 1] !== LF) return headError.syntax
      at += 2
      if (at >= end) return more
    }
    return this.#role === 'request' ? this.#parseRequestLine(buffer, at, end) : this.#parseStatusLine(buffer, at, end)
  }

  // oxlint-disable-next-line complexity -- one step of the grammar; splitting it would hide the order of the bytes
  #parseRequestLine(buffer: Buffer, start: number, end: number): number {
    // Locals, as in `#parseFields`.
    const ofMethod = methodBytes
    const ofTarget = targetBytes
    let at = start
    while (at < end && ofMethod[buffer[at] as number] === 1) at++
    if (at - start > maxMethodBytes) return headError.syntax
    if (at >= end) return more
    if (buffer[at] !== SP || at === start) return headError.syntax
    const targetStart = at + 1
    at = targetStart
    while (at < end && ofTarget[buffer[at] as number] === 1) at++
    if (at - targetStart > this.#limits.maxTargetBytes) return headError.targetTooLong
    if (at >= end) return more
    if (buffer[at] !== SP || at === targetStart) return headError.syntax
    const version = parseVersion(buffer, at + 1, end)
    if (version <= 0) return version
    if (at + 11 > end) return buffer[at + 9] === CR || at + 9 >= end ? more : headError.syntax
    if (buffer[at + 9] !== CR || buffer[at + 10] !== LF) return headError.syntax
    this.minorVersion = version - 1
    this.method = methodOf(buffer, start, targetStart - 1)
    this.target = latin1(buffer, targetStart, at)
    return at + 11
  }

  // oxlint-disable-next-line complexity -- one step of the grammar; splitting it would hide the order of the bytes
  #parseStatusLine(buffer: Buffer, start: number, end: number): number {
    const version = parseVersion(buffer, start, end)
    if (version <= 0) return version
    if (start + 13 > end) return more
    const hundreds = (buffer[start + 9] as number) - 0x30
    const tens = (buffer[start + 10] as number) - 0x30
    const ones = (buffer[start + 11] as number) - 0x30
    if (buffer[start + 8] !== SP || hundreds < 1 || hundreds > 9 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return headError.syntax
    let at = start + 12
    if (buffer[at] === SP) at++
    else if (buffer[at] !== CR) return headError.syntax
    const reasonStart = at
    while (at < end && valueBytes[buffer[at] as number] === 1) at++
    if (at - start > this.#limits.maxFieldBytes) return headError.tooLarge
    if (at + 1 >= end) return at >= end || buffer[at] === CR ? more : headError.syntax
    if (buffer[at] !== CR || buffer[at + 1] !== LF) return headError.syntax
    this.minorVersion = version - 1
    this.status = hundreds * 100 + tens * 10 + ones
    this.reason = this.status === 200 && at - reasonStart === 2 ? 'OK' : latin1(buffer, reasonStart, at)
    return at + 2
  }

  /** Lines from `#resumeAt` up to the empty one. One loop for all of them: a call for each would cost as much as its bytes. */
  // oxlint-disable-next-line complexity, max-lines-per-function -- one step of the grammar; splitting it would hide the order of the bytes
  #parseFields(buffer: Buffer, start: number, end: number, block: HeaderBlock): number {
    const { maxFieldBytes, maxFields, maxHeadBytes } = this.#limits
    // Locals and plain numbers: a binding of the module is loaded anew for every byte, which took a quarter of the time.
    const token = tokenBytes
    let lineStart = start + this.#resumeAt
    for (;;) {
      this.#resumeAt = lineStart - start
      if (lineStart >= end) return more
      if (buffer[lineStart] === CR) return lineStart
      let at = lineStart
      while (at < end && token[buffer[at] as number] === 1) at++
      if (at - lineStart > maxFieldBytes) return headError.tooLarge
      if (at >= end) return more
      const nameEnd = at
      if (buffer[at] !== COLON || nameEnd === lineStart) return headError.syntax
      at++
      while (at < end && (buffer[at] === SP || buffer[at] === HTAB)) at++
      const valueStart = at
      // As `valueBytes` has it: HTAB, or neither another control character nor DEL. Comparing is cheaper than the table.
      for (let byte = 0; at < end; at++) {
        byte = buffer[at] as number
        if (byte < 0x20 ? byte !== 0x09 : byte === 0x7f) break
      }
      if (at - lineStart > maxFieldBytes) return headError.tooLarge
      if (at >= end) return more
      if (buffer[at] !== CR) return headError.syntax
      if (at + 1 >= end) return more
      if (buffer[at + 1] !== LF) return headError.syntax
      let valueEnd = at
      while (valueEnd > valueStart && (buffer[valueEnd - 1] === SP || buffer[valueEnd - 1] === HTAB)) valueEnd--
      const even = valueStart === nameEnd + 2 && buffer[nameEnd + 1] === SP && valueEnd === at
      const id = classifyHeaderName(buffer, lineStart, nameEnd)
      block.addField(lineStart - start, nameEnd - start, valueStart - start, valueEnd - start, even ? id : id | unevenMark)
      lineStart = at + 2
      if (block.count > maxFields || lineStart - start > maxHeadBytes) return headError.tooLarge
    }
  }
}

const versionPrefix = Buffer.from('HTTP/1.', 'latin1')

/** @returns minor version plus one, 0 when more bytes are needed, or an error. */
function parseVersion(buffer: Buffer, start: number, end: number): number {
  for (let at = 0; at < 7; at++) {
    if (start + at >= end) return more
    if (buffer[start + at] !== versionPrefix[at]) return headError.version
  }
  if (start + 7 >= end) return more
  const minor = (buffer[start + 7] as number) - 0x30
  return minor === 0 || minor === 1 ? minor + 1 : headError.version
}

function methodOf(buffer: Buffer, start: number, end: number): string {
  if (end - start === 3 && buffer[start] === 0x47 && buffer[start + 1] === 0x45 && buffer[start + 2] === 0x54) return 'GET'
  return latin1(buffer, start, end)
}
