/**
 * Writes heads as HPACK blocks: what the filters left of a `HeaderBlock`, with the pseudo-header fields in front and the
 * fields of an HTTP/1.1 connection left out (RFC 9113 section 8.2.2). Names are written in lower case.
 */
import { fieldKind, fieldNameAt, fieldNameOf, type FieldName, repeatedField, secretOrigin } from '../../message/header-field.js'
import type { HeaderBlock } from '../../message/header-block.js'
import { HpackEncoder } from './hpack/encoder.js'
import { staticTable } from './hpack/static-table.js'

const methodName = fieldNameOf(':method')
const authorityName = fieldNameOf(':authority')
const pathName = fieldNameOf(':path')
const protocolName = fieldNameOf(':protocol')
const statusName = fieldNameOf(':status')
const contentLengthName = fieldNameOf('content-length')
/** Indexes of the static table. */
const staticGet = 2
const staticPost = 3
const staticSlash = 4
const staticHttp = 6
const staticOk = 8

export class HeadWriter {
  readonly encoder: HpackEncoder

  constructor(encoder: HpackEncoder) {
    this.encoder = encoder
  }

  /** @param length bytes of the body; below zero: not known. @param protocol of an extended CONNECT; empty: none. */
  request(method: string, path: string, headers: HeaderBlock, length: number, scheme: 'http' | 'https', protocol: string): void {
    this.encoder.begin()
    if (protocol !== '') this.#pair(methodName, 'CONNECT')
    else if (method === 'GET') this.#static(staticGet)
    else if (method === 'POST') this.#static(staticPost)
    else this.#pair(methodName, method)
    if (method !== 'CONNECT' || protocol !== '') this.#target(path, scheme)
    if (protocol !== '') this.#pair(protocolName, protocol)
    const host = headers.first('host')
    if (host !== undefined) this.#pair(authorityName, host)
    this.#fields(headers, true)
    const tellsNone = length === 0 && protocol === '' && (method === 'POST' || method === 'PUT' || method === 'PATCH')
    if (length > 0 || tellsNone) this.encoder.literal(contentLengthName, String(length), false)
  }

  #target(path: string, scheme: 'http' | 'https'): void {
    this.#static(scheme === 'https' ? staticHttp + 1 : staticHttp)
    if (path === '/') this.#static(staticSlash)
    else this.encoder.literal(pathName, path, false)
  }

  /** @param length to tell in `content-length`; below zero: none. */
  response(status: number, headers: HeaderBlock | undefined, length: number): void {
    const { encoder } = this
    encoder.begin()
    if (status === 200) this.#static(staticOk)
    else this.#pair(statusName, String(status))
    if (headers !== undefined) this.#fields(headers, false)
    if (length >= 0) encoder.literal(contentLengthName, String(length), false)
  }

  trailers(trailers: HeaderBlock): void {
    this.encoder.begin()
    this.#fields(trailers, true)
  }

  #static(index: number): void {
    const field = staticTable[index]
    if (field !== undefined) this.encoder.field(field)
  }

  #pair(name: FieldName, value: string): void {
    const field = repeatedField(name, value)
    if (field === undefined) this.encoder.literal(name, value, name.isSecret)
    else this.encoder.field(field)
  }

  #fields(headers: HeaderBlock, dropsHost: boolean): void {
    const { count, origins } = headers
    for (let index = 0; index < count; index++) {
      if (headers.idAt(index) < 0) continue
      const origin = origins?.[index]
      if (origin === undefined) this.#sent(headers, index, dropsHost)
      else if (origin === secretOrigin) this.encoder.literal(fieldNameOf(headers.nameAt(index)), headers.valueAt(index), true)
      else if (isWritten(origin.name, origin.value, dropsHost)) this.encoder.field(origin)
    }
    const { addedCount } = headers
    for (let index = 0; index < addedCount; index++) this.#added(headers.addedNameAt(index).lower, headers.addedValueAt(index), dropsHost)
  }

  /** A field of the sender that was in no table. */
  #sent(headers: HeaderBlock, index: number, dropsHost: boolean): void {
    const { text } = headers
    const name = fieldNameAt(text, headers.nameStartAt(index), headers.nameEndAt(index))
    const start = headers.valueStartAt(index)
    const end = headers.valueEndAt(index)
    if (name.kind !== fieldKind.regular && !isWritten(name, text.slice(start, end), dropsHost)) return
    // Over HTTP/2 the sender itself said that it does not repeat.
    if (headers.origins === undefined) this.#pair(name, text.slice(start, end))
    else this.encoder.literalAt(name, text, start, end, name.isSecret)
  }

  #added(lowerName: string, value: string, dropsHost: boolean): void {
    const name = fieldNameOf(lowerName)
    if (isWritten(name, value, dropsHost)) this.#pair(name, value)
  }
}

function isWritten({ kind }: FieldName, value: string, dropsHost: boolean): boolean {
  if (kind === fieldKind.regular) return true
  if (kind === fieldKind.te) return value === 'trailers'
  if (kind === fieldKind.host) return !dropsHost
  return kind === fieldKind.cookie || kind === fieldKind.expect
}
