/**
 * Heads of HTTP/2 (RFC 9113 section 8): puts decoded fields together as a `HeaderBlock` and holds them to the rules that
 * keep a request one request: pseudo-header fields first, once and complete, names in lower case, no field of a connection,
 * one length, and texts that HTTP/1.1 could carry too, because the next hop may speak it.
 *
 * A head is `malformed` (the stream is reset), `refused` (it has an HTTP status as answer) or sound.
 */
import { type FieldName, fieldKind, fieldNameOf, type HeaderField, secretOrigin } from '../../message/header-field.js'
import type { HeaderBlock } from '../../message/header-block.js'
import { latin1, writeLatin1 } from '../../message/latin1.js'
import { methodBytes, targetBytes } from '../http1/syntax.js'
import type { HeadLimits } from '../http1/head-parser.js'
import { isAuthority } from '../http1/target-form.js'
import type { FieldSink } from './hpack/decoder.js'

export type HeadRole = 'request' | 'response' | 'trailers'

const maxLengthDigits = 16
const maxMethodBytes = 32
/** Octets that no field value has: controls but HTAB, and DEL. */
const badValueBytes = new Uint8Array(256).map((_, byte) => ((byte < 0x20 && byte !== 0x09) || byte === 0x7f ? 1 : 0))

/** One for all connections: blocks are decoded whole and read out at once. Room for the largest head and, behind it, the largest block. */
const scratch: Buffer = Buffer.allocUnsafeSlow(512 * 1024)

export class HeadReader implements FieldSink {
  readonly bytes: Buffer = scratch
  at = 0
  readonly #limits: HeadLimits
  #role: HeadRole = 'request'
  #inTrailers = false
  #block: HeaderBlock | undefined
  #listBytes = 0
  #fields = 0
  #sawRegular = false
  #cookies: string[] | undefined
  #firstCookie = -1
  #cookieIsSecret = false
  #hosts = 0
  /** Why the stream is to be reset; empty: sound so far. */
  malformed = ''
  /** More than the limits allow; what came beyond is not in the block. */
  tooLarge = false
  method = ''
  scheme = ''
  authority: string | undefined
  path: string | undefined
  protocol = ''
  status = 0
  /** -1: none. */
  contentLength = -1
  expectContinue = false
  unmetExpectation = false
  hostDiffers = false

  constructor(limits: HeadLimits) {
    this.#limits = limits
  }

  /** @param block undefined: the fields are read for the table's sake only. */
  begin(role: HeadRole, block: HeaderBlock | undefined): void {
    this.#role = role
    this.#block = block
    this.at = 0
    this.#listBytes = 0
    this.#fields = 0
    this.#inTrailers = role === 'trailers'
    this.#sawRegular = this.#inTrailers
    this.#cookies = undefined
    this.#firstCookie = -1
    this.#cookieIsSecret = false
    this.#hosts = 0
    this.malformed = ''
    this.tooLarge = false
    this.method = ''
    this.scheme = ''
    this.authority = undefined
    this.path = undefined
    this.protocol = ''
    this.status = 0
    this.contentLength = -1
    this.expectContinue = false
    this.unmetExpectation = false
    this.hostDiffers = false
    if (block === undefined) return
    block.begin()
    block.origins ??= []
  }

  onField(field: HeaderField): void {
    const { name } = field
    if (!this.#admit(name, field.value.length)) return
    if (!field.isSound) return this.#fault('a field')
    if (name.kind !== fieldKind.regular) return this.#special(name, field.value, field, false)
    if (this.#inTrailers && !name.mayTrail) return
    this.#sawRegular = true
    this.#append(field)
  }

  onLiteral(name: FieldName, valueStart: number, valueEnd: number, isSecret: boolean): void {
    if (!this.#admit(name, valueEnd - valueStart)) return
    if (!name.isSound || !this.#isSoundValue(valueStart, valueEnd)) return this.#fault('a field')
    if (name.kind !== fieldKind.regular) return this.#special(name, latin1(this.bytes, valueStart, valueEnd), undefined, isSecret)
    if (this.#inTrailers && !name.mayTrail) return
    this.#sawRegular = true
    this.#appendLiteral(name, valueStart, valueEnd, isSecret)
  }

  /** @returns whether the field is still within the limits and wanted. */
  #admit(name: FieldName, valueLength: number): boolean {
    const nameLength = name.line.length - 2
    this.#listBytes += nameLength + valueLength + 32
    const { maxFields, maxHeadBytes, maxFieldBytes } = this.#limits
    // A target has a limit of its own, and a status.
    const isTooLong = nameLength + valueLength > maxFieldBytes && name.kind !== fieldKind.path
    if (isTooLong || ++this.#fields > maxFields || this.#listBytes > maxHeadBytes) this.tooLarge = true
    return this.#block !== undefined && !this.tooLarge && this.malformed === ''
  }

  #isSoundValue(start: number, end: number): boolean {
    const { bytes } = this
    const bad = badValueBytes
    let faults = 0
    for (let at = start; at < end; at++) faults |= bad[bytes[at] as number] as number
    if (faults !== 0) return false
    return start === end || !(isBlank(bytes[start] as number) || isBlank(bytes[end - 1] as number))
  }

  #append(field: HeaderField): void {
    const block = this.#block as HeaderBlock
    const { at } = this
    const { name, line } = field
    this.bytes.set(line, at)
    const nameEnd = at + name.line.length - 2
    ;(block.origins as (HeaderField | undefined)[])[block.count] = field
    block.addField(at, nameEnd, nameEnd + 2, at + line.length - 2, name.id)
    this.at = at + line.length
  }

  #appendLiteral(name: FieldName, valueStart: number, valueEnd: number, isSecret: boolean): void {
    const block = this.#block as HeaderBlock
    const { at, bytes } = this
    bytes[valueEnd] = 0x0d
    bytes[valueEnd + 1] = 0x0a
    ;(block.origins as (HeaderField | undefined)[])[block.count] = isSecret ? secretOrigin : undefined
    block.addField(at, valueStart - 2, valueStart, valueEnd, name.id)
    this.at = valueEnd + 2
  }

  /** A line whose text is not in the bytes yet. */
  #appendText(name: FieldName, value: string, isSecret = false): void {
    const valueStart = this.at + name.line.length
    this.bytes.set(name.line, this.at)
    writeLatin1(value, this.bytes, valueStart)
    this.#appendLiteral(name, valueStart, valueStart + value.length, isSecret)
  }

  // oxlint-disable-next-line complexity -- a table of fields
  #special(name: FieldName, value: string, field: HeaderField | undefined, isSecret: boolean): void {
    if (name.kind <= fieldKind.unknownPseudo) return this.#pseudo(name.kind, value)
    this.#sawRegular = true
    switch (name.kind) {
      case fieldKind.host:
        return this.#host(value)
      case fieldKind.contentLength:
        return this.#length(value)
      case fieldKind.te:
        if (value !== 'trailers' || this.#inTrailers) return this.#fault('te')
        break
      case fieldKind.cookie:
        return this.#inTrailers ? undefined : this.#cookie(name, value, isSecret)
      case fieldKind.expect:
        if (this.#inTrailers) return undefined
        if (value.toLowerCase() === '100-continue') this.expectContinue = true
        else this.unmetExpectation = true
        break
      default:
        return this.#fault('a field of the connection')
    }
    if (field === undefined) this.#appendText(name, value, isSecret)
    else this.#append(field)
  }

  // oxlint-disable-next-line complexity -- a table of fields
  #pseudo(kind: number, value: string): void {
    if (this.#sawRegular) return this.#fault('a pseudo-header field behind others')
    if ((this.#role === 'response') !== (kind === fieldKind.status)) return this.#fault('a pseudo-header field of the other direction')
    switch (kind) {
      case fieldKind.method:
        if (this.method !== '' || value === '') return this.#fault('method')
        this.method = value
        return undefined
      case fieldKind.scheme:
        if (this.scheme !== '' || value === '') return this.#fault('scheme')
        this.scheme = value
        return undefined
      case fieldKind.authority:
        if (this.authority !== undefined) return this.#fault('authority')
        this.authority = value
        return this.#appendText(hostName, value)
      case fieldKind.path:
        if (this.path !== undefined || value === '') return this.#fault('path')
        this.path = value
        return undefined
      case fieldKind.protocol:
        if (this.protocol !== '' || value === '') return this.#fault('protocol')
        this.protocol = value
        return undefined
      case fieldKind.status:
        if (this.status !== 0 || !/^[1-9]\d\d$/.test(value)) return this.#fault('status')
        this.status = Number(value)
        return undefined
      default:
        return this.#fault('an unknown pseudo-header field')
    }
  }

  /** RFC 9113 section 8.3.1: `host` is for requests that name no authority; one that differs is a doubt about where to go. */
  #host(value: string): void {
    if (++this.#hosts > 1) return this.#fault('two host fields')
    if (this.#role === 'response') return this.#appendText(hostName, value)
    if (this.#inTrailers) return this.#fault('host in trailers')
    if (this.authority === undefined) {
      this.authority = value
      return this.#appendText(hostName, value)
    }
    if (this.authority.toLowerCase() !== value.toLowerCase()) this.hostDiffers = true
    return undefined
  }

  #length(value: string): void {
    if (this.contentLength >= 0 || this.#inTrailers || value === '' || value.length > maxLengthDigits) return this.#fault('content-length')
    let length = 0
    for (let at = 0; at < value.length; at++) {
      const digit = value.charCodeAt(at) - 0x30
      if (digit < 0 || digit > 9) return this.#fault('content-length')
      length = length * 10 + digit
    }
    if (!Number.isSafeInteger(length)) return this.#fault('content-length')
    this.contentLength = length
    return undefined
  }

  /** Section 8.2.3: crumbs of a cookie are one field to everybody but HTTP/2. */
  #cookie(name: FieldName, value: string, isSecret: boolean): void {
    const block = this.#block as HeaderBlock
    this.#cookieIsSecret ||= isSecret
    if (this.#firstCookie < 0) {
      this.#firstCookie = block.count
      return this.#appendText(name, value, isSecret)
    }
    if (this.#cookies === undefined) {
      this.#cookies = [latin1(this.bytes, block.valueStartAt(this.#firstCookie), block.valueEndAt(this.#firstCookie))]
      block.removeAt(this.#firstCookie)
    }
    this.#cookies.push(value)
  }

  /** The block is decoded: the text is made. */
  finish(): void {
    const block = this.#block
    if (block === undefined) return
    if (this.#cookies !== undefined) this.#appendText(cookieName, this.#cookies.join('; '), this.#cookieIsSecret)
    block.text = latin1(this.bytes, 0, this.at)
    if (this.malformed !== '' || this.tooLarge) return
    if (this.#role === 'request') this.#finishRequest()
    else if (this.#role === 'response' && this.status === 0) this.malformed = 'no status'
  }

  /** Section 8.3.1, and RFC 8441 section 4 for CONNECT with a protocol. */
  #finishRequest(): void {
    const { method, scheme, authority, path, protocol } = this
    if (method === '' || method.length > maxMethodBytes || !hasOnly(method, methodBytes)) return this.#fault('method')
    if (method === 'CONNECT' && protocol === '') {
      if (scheme !== '' || path !== undefined || authority === undefined) this.#fault('the fields of CONNECT')
      return
    }
    if (protocol !== '' && (method !== 'CONNECT' || authority === undefined)) return this.#fault('protocol')
    if (scheme === '' || path === undefined) this.#fault('no scheme or no path')
  }

  /** @returns the status that a well-formed request is refused with; 0 when there is no reason to. */
  get refusal(): number {
    if (this.tooLarge) return (this.path?.length ?? 0) > this.#limits.maxTargetBytes ? 414 : 431
    if (this.hostDiffers || this.authority === undefined || !isAuthority(this.authority)) return 400
    // RFC 9110 section 9.3.6: CONNECT names a port.
    if (this.method === 'CONNECT' && this.protocol === '' && !/:\d+$/.test(this.authority)) return 400
    if (this.unmetExpectation) return 417
    if (this.method === 'TRACE') return 405
    return this.path === undefined ? 0 : this.#pathRefusal(this.path)
  }

  #pathRefusal(path: string): number {
    if (path.length > this.#limits.maxTargetBytes) return 414
    const isStar = path === '*' && this.method === 'OPTIONS'
    return isStar || (path.charCodeAt(0) === 0x2f && hasOnly(path, targetBytes)) ? 0 : 400
  }

  #fault(reason: string): void {
    if (this.malformed === '') this.malformed = reason
  }
}

const hostName = fieldNameOf('host')
const cookieName = fieldNameOf('cookie')

function hasOnly(text: string, bytes: Uint8Array): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[text.charCodeAt(at)] !== 1) return false
  return true
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09
}
