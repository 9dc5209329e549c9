/**
 * How long a message is and what its connection header means (RFC 9112 section 6, RFC 9110 section 7.6). Two lengths, an
 * unknown coding, a doubtful number: refused, since every such doubt is a request smuggled past somebody. Framing and
 * hop-by-hop fields are removed from the block here; the serialiser writes its own.
 */
import { isBodiless } from '../../message/bodiless.js'
import { type HeaderBlock } from '../../message/header-block.js'
import { headerId } from '../../message/header-names.js'
import { mayTrail } from '../../message/trailer-fields.js'
import { isToken } from './syntax.js'

/** Body lengths other than a number of bytes. */
export const bodyLength = { none: 0, chunked: -1, untilClose: -2 } as const

const maxConnectionTokens = 32
const maxLengthDigits = 16

/** Fields that a sender may not have removed by naming them in `Connection` (CVE-2022-31813). */
const protectedNames = /^(authorization|cookie|set-cookie|forwarded|x-forwarded-.*|x-envoy-.*|x-request-id|expect|trailer|date|server)$/
/** Those that `#readField` looks at, a bit each; most fields of a message are others. */
const framingIds = [
  headerId.contentLength,
  headerId.transferEncoding,
  headerId.connection,
  headerId.host,
  headerId.upgrade,
  headerId.expect,
  headerId.te,
  headerId.trailer,
  headerId.keepAlive,
  headerId.proxyConnection,
  headerId.http2Settings,
].reduce((ids, id) => ids | (1 << id), 0)

const framingNames = /^(content-length|transfer-encoding|host)$/

/** Reused from message to message. */
export class Framing {
  /** Status to refuse with; 0 when the message is sound. */
  refuse = 0
  refuseReason = ''
  /** Bytes of the body, or one of `bodyLength`. */
  length: number = bodyLength.none
  /** Whether a Content-Length was there; `HEAD` and 304 answers keep it as information. */
  declaredLength = -1
  close = false
  keepAlive = false
  upgrade = ''
  expectContinue = false
  /** Whether `TE: trailers` came. */
  acceptsTrailers = false
  /** Names of `Trailer`, lower case; empty when absent. */
  trailers: readonly string[] = []
  hostIndex = -1
  #connectionUpgrade = false
  #transferCodings = 0
  #lengths = 0
  #upgradeValue = ''
  #chunked = false

  /** Reads and removes framing and hop-by-hop fields of a request. @param rejectUnderscores whether `Content_Length` and the like are errors (at an edge) or dropped. */
  readRequest(block: HeaderBlock, minorVersion: number, rejectUnderscores: boolean): void {
    this.#read(block, rejectUnderscores)
    if (this.refuse !== 0) return
    if (this.#transferCodings > 0 && minorVersion === 0) return this.#bad(400, 'transfer-encoding in HTTP/1.0')
    if (this.#transferCodings > 0 && this.#lengths > 0) return this.#bad(400, 'content-length and transfer-encoding')
    this.length = this.#chunked ? bodyLength.chunked : this.declaredLength > 0 ? this.declaredLength : bodyLength.none
    if (minorVersion === 0) {
      this.close = !this.keepAlive || this.close
      // RFC 9110 section 10.1.1: such a client cannot wait for 100, so nobody behind may be asked for it either.
      if (this.expectContinue) block.remove('expect')
      this.expectContinue = false
    }
    // With a body it is a plain request: no bytes of a body may be taken for the new protocol's.
    if (this.#connectionUpgrade && minorVersion === 1 && this.length === bodyLength.none) this.upgrade = this.#upgradeValue
  }

  /** The same for an answer. RFC 9112 section 6.3 decides the order. */
  // oxlint-disable-next-line complexity -- the list of section 6.3
  readResponse(block: HeaderBlock, minorVersion: number, status: number, requestMethod: string): void {
    this.#read(block, false)
    if (this.refuse !== 0) return
    if (minorVersion === 0 && !this.keepAlive) this.close = true
    if (this.#transferCodings > 0 && (this.#lengths > 0 || minorVersion === 0))
      return this.#bad(502, 'content-length and transfer-encoding')
    if (status === 101 && this.#connectionUpgrade) this.upgrade = this.#upgradeValue
    if (isBodiless(status, requestMethod)) this.length = bodyLength.none
    else if (this.#chunked) this.length = bodyLength.chunked
    else if (this.declaredLength >= 0) this.length = this.declaredLength
    else {
      this.length = bodyLength.untilClose
      this.close = true
    }
    // A 204 that says it has a body is not to be trusted with another request.
    if (status === 204 && (this.#chunked || this.declaredLength > 0)) this.close = true
  }

  #bad(status: number, reason: string): void {
    this.refuse = status
    this.refuseReason = reason
  }

  #read(block: HeaderBlock, rejectUnderscores: boolean): void {
    this.#clear()
    for (let index = 0; index < block.count && this.refuse === 0; index++) {
      const id = block.idAt(index)
      if (id > 0 && id < 32 && (framingIds & (1 << id)) !== 0) this.#readField(block, index, id)
    }
    if (this.refuse === 0) this.#refuseTwins(block, rejectUnderscores)
  }

  #clear(): void {
    this.refuse = 0
    this.refuseReason = ''
    this.length = bodyLength.none
    this.declaredLength = -1
    this.close = false
    this.keepAlive = false
    this.upgrade = ''
    this.expectContinue = false
    this.acceptsTrailers = false
    if (this.trailers.length > 0) this.trailers = []
    this.hostIndex = -1
    this.#connectionUpgrade = false
    this.#transferCodings = 0
    this.#lengths = 0
    this.#upgradeValue = ''
    this.#chunked = false
  }

  // oxlint-disable-next-line complexity -- a table of fields
  #readField(block: HeaderBlock, index: number, id: number): void {
    switch (id) {
      case headerId.contentLength:
        this.#readLength(block.valueAt(index))
        return block.removeAt(index)
      case headerId.transferEncoding:
        this.#readTransferEncoding(block.valueAt(index))
        return block.removeAt(index)
      case headerId.connection:
        block.removeAt(index)
        return this.#readConnection(block, block.valueAt(index).toLowerCase())
      case headerId.host:
        if (this.hostIndex >= 0) return this.#bad(400, 'two host fields')
        this.hostIndex = index
        return undefined
      case headerId.upgrade:
        this.#upgradeValue = block.valueAt(index)
        return block.removeAt(index)
      case headerId.expect:
        if (block.valueAt(index).toLowerCase() === '100-continue' && !this.expectContinue) this.expectContinue = true
        else this.#bad(417, 'expectation')
        return undefined
      case headerId.te:
        if (/(^|,)[ \t]*trailers[ \t]*(,|$)/i.test(block.valueAt(index))) this.acceptsTrailers = true
        return block.removeAt(index)
      case headerId.trailer:
        this.trailers = block
          .valueAt(index)
          .toLowerCase()
          .split(',')
          .map((name) => name.trim())
        return undefined
      case headerId.keepAlive:
      case headerId.proxyConnection:
      case headerId.http2Settings:
        return block.removeAt(index)
      default:
        return undefined
    }
  }

  #readLength(value: string): void {
    if (++this.#lengths > 1) return this.#bad(400, 'two content-length fields')
    if (value.length === 0 || value.length > maxLengthDigits) return this.#bad(400, 'content-length')
    let length = 0
    for (let at = 0; at < value.length; at++) {
      const digit = value.charCodeAt(at) - 0x30
      if (digit < 0 || digit > 9) return this.#bad(400, 'content-length')
      length = length * 10 + digit
    }
    if (!Number.isSafeInteger(length)) return this.#bad(400, 'content-length')
    this.declaredLength = length
  }

  #readTransferEncoding(value: string): void {
    if (++this.#transferCodings > 1) return this.#bad(400, 'two transfer-encoding fields')
    if (value.toLowerCase() === 'chunked') {
      this.#chunked = true
      return
    }
    const codings = value.toLowerCase().split(/[ \t]*,[ \t]*/)
    const known = codings.at(-1) === 'chunked' && codings.indexOf('chunked') === codings.length - 1 && codings.every(isToken)
    this.#bad(known && this.#lengths === 0 ? 501 : 400, 'transfer-encoding')
  }

  #readConnection(block: HeaderBlock, value: string): void {
    if (value === 'keep-alive') {
      this.keepAlive = true
      return
    }
    if (value === 'close') {
      this.close = true
      return
    }
    const tokens = value.split(',')
    if (tokens.length > maxConnectionTokens) return this.#bad(400, 'connection options')
    for (const part of tokens) {
      const token = part.trim()
      if (token === 'close') this.close = true
      else if (token === 'keep-alive') this.keepAlive = true
      else if (token === 'upgrade') this.#connectionUpgrade = true
      else if (framingNames.test(token)) return this.#bad(400, 'connection names a framing field')
      else if (isToken(token) && token !== 'te' && !protectedNames.test(token)) block.remove(token)
    }
  }

  /** `Content_Length` is `content-length` to a CGI: such twins of the fields above never pass. */
  #refuseTwins(block: HeaderBlock, reject: boolean): void {
    let underscore = block.text.indexOf('_')
    for (let index = 0; index < block.count && underscore >= 0; index++) {
      const nameStart = block.nameStartAt(index)
      if (underscore < nameStart) underscore = block.text.indexOf('_', nameStart)
      if (underscore < 0 || underscore >= block.nameEndAt(index) || block.idAt(index) !== headerId.other) continue
      const name = block.nameAt(index)
      if (!/^(content-length|transfer-encoding|host|x-forwarded-.*|x-envoy-.*)$/i.test(name.replaceAll('_', '-'))) continue
      if (reject) return this.#bad(400, 'underscore in a field name')
      block.removeAt(index)
    }
  }
}

/** Of trailers only those that were declared, and may stand there at all; undefined: none. */
export function admittedTrailers(trailers: HeaderBlock, declared: readonly string[]): HeaderBlock | undefined {
  let admitted = 0
  for (let index = 0; index < trailers.count; index++) {
    const name = trailers.nameAt(index).toLowerCase()
    if (declared.includes(name) && mayTrail(name)) admitted++
    else trailers.removeAt(index)
  }
  return admitted > 0 ? trailers : undefined
}

/** RFC 9110 section 6.5.1: a length or a coding behind the body that it should have framed is an attempt at something. */
export function framesInTrailers(trailers: HeaderBlock): boolean {
  return trailers.count > 0 && (trailers.has('content-length') || trailers.has('transfer-encoding') || trailers.has('host'))
}
