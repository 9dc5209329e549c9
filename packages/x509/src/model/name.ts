/** Distinguished names (RFC 5280 section 4.1.2.4). Names are compared by their DER bytes; the text is for people only. */
import { refuse } from '../der/der-fault.js'
import { decodeOid, oid } from '../der/oid.js'
import { type DerElement, contentOf, encodingOf, enter, finish, hasMore, take, takeAny } from '../der/read-der.js'
import { tag } from '../der/tag.js'
import { writeOid, writeSequence, writeValue } from '../der/write-der.js'

export interface DistinguishedName {
  readonly der: Uint8Array
  /** RFC 4514 style in certificate order, such as `O=cluster.local`; empty for the empty name. */
  readonly text: string
}

/** What we write; other attributes have no use in a mesh. */
export interface NameFields {
  readonly organization?: string
  readonly commonName?: string
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
}

export function readName(element: DerElement): DistinguishedName {
  const parts: string[] = []
  const names = enter(element)
  while (hasMore(names)) {
    const attributes = enter(take(names, tag.set, 'a relative name'))
    if (!hasMore(attributes)) refuse('a relative name is empty')
    while (hasMore(attributes)) {
      const pair = enter(take(attributes, tag.sequence, 'a name attribute'))
      const type = decodeOid(contentOf(take(pair, tag.oid, 'a name attribute type')))
      const value = readText(takeAny(pair, 'a name attribute value'))
      finish(pair, 'a name attribute')
      parts.push(`${shortNames[type] ?? type}=${escape(value)}`)
    }
  }
  return { der: encodingOf(element), text: parts.join(',') }
}

export function writeName(fields: NameFields): Uint8Array {
  const parts: Uint8Array[] = []
  if (fields.organization !== undefined) parts.push(writeAttribute(oid.organization, fields.organization))
  if (fields.commonName !== undefined) parts.push(writeAttribute(oid.commonName, fields.commonName))
  return writeSequence(...parts)
}

function writeAttribute(type: string, value: string): Uint8Array {
  return writeValue(tag.set, writeSequence(writeOid(type), writeValue(tag.utf8String, Buffer.from(value, 'utf8'))))
}

/** Any other tag is malformed: OpenSSL refuses it too, and what two readers see differently must not name anybody. */
function readText(element: DerElement): string {
  const content = Buffer.from(contentOf(element))
  switch (element.tag) {
    case tag.utf8String:
      return readUtf8(content)
    case tag.printableString:
    case tag.numericString:
    case tag.ia5String:
    case tag.teletexString:
      return content.toString('latin1')
    case tag.bmpString:
      return content.length % 2 === 0 ? content.swap16().toString('utf16le') : refuse('a name attribute has half a character')
    default:
      return refuse(`a name attribute has tag 0x${element.tag.toString(16)}, which is no text`)
  }
}

function readUtf8(content: Uint8Array): string {
  try {
    return utf8.decode(content)
  } catch {
    return refuse('a name attribute is not UTF-8')
  }
}

function escape(value: string): string {
  return value.replaceAll(/["+,;<>\\=]|^[ #]| $/g, '\\$&').replaceAll(/\p{Cc}/gu, (control) => {
    return `\\${control.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
