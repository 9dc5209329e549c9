/**
 * One message head as the filters see it: a lazy view over the bytes that came in. The parser fills `fields` (offsets
 * into `text`); values become strings only when somebody asks. Order, case and duplicates of the sender are kept.
 * Blocks are reused from message to message of a connection; whoever needs a value later copies it.
 */
import type { HeaderField } from './header-field.js'
import { type HeaderId, headerId, headerIdOf, type HeaderName, headerNameOf } from './header-names.js'

/** Words a field: name start, name end, value start, value end, id and marks. */
export const fieldWords = 5
const idMask = 0xff
/** The field was removed, or is replaced by an entry of `extra`. */
const removedMark = 0x100
/** Its line is not exactly `name: value CRLF`, so it is written anew instead of copied. */
export const unevenMark = 0x200

export class HeaderBlock {
  /** The head as latin1; offsets of `fields` point into it. */
  text = ''
  fields: Int32Array = new Int32Array(fieldWords * 16)
  count = 0
  /** Of heads that came over HTTP/2: the objects of the fields that were in the peer's table, at their places. */
  origins: (HeaderField | undefined)[] | undefined = undefined
  /** Fields that were added. Valid below `#extraCount`; the arrays never shrink. */
  readonly #extraNames: HeaderName[] = []
  readonly #extraValues: string[] = []
  #extraCount = 0
  /** Which ids came, a bit each: most look-ups are for names that are not there. */
  #seenLow = 0
  #seenHigh = 0

  reset(): void {
    this.text = ''
    this.begin()
  }

  /** Forgets all fields; the text stays until the next is set. */
  begin(): void {
    this.count = 0
    this.#extraCount = 0
    this.#seenLow = 0
    this.#seenHigh = 0
  }

  addField(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number, idAndMarks: number): void {
    const at = this.count * fieldWords
    if (at + fieldWords > this.fields.length) this.#grow()
    const id = idAndMarks & idMask
    if (id < 32) this.#seenLow |= 1 << id
    else this.#seenHigh |= 1 << (id - 32)
    const { fields } = this
    fields[at] = nameStart
    fields[at + 1] = nameEnd
    fields[at + 2] = valueStart
    fields[at + 3] = valueEnd
    fields[at + 4] = idAndMarks
    this.count++
  }

  idAt(index: number): HeaderId {
    const word = this.fields[index * fieldWords + 4] as number
    return (word & removedMark) === 0 ? word & idMask : -1
  }

  nameStartAt(index: number): number {
    return this.fields[index * fieldWords] as number
  }

  nameEndAt(index: number): number {
    return this.fields[index * fieldWords + 1] as number
  }

  valueStartAt(index: number): number {
    return this.fields[index * fieldWords + 2] as number
  }

  valueEndAt(index: number): number {
    return this.fields[index * fieldWords + 3] as number
  }

  nameAt(index: number): string {
    return this.text.slice(this.nameStartAt(index), this.nameEndAt(index))
  }

  valueAt(index: number): string {
    return this.text.slice(this.fields[index * fieldWords + 2], this.fields[index * fieldWords + 3])
  }

  /** Whether the value is this text, without making a string of it. */
  isValueAt(index: number, text: string): boolean {
    const start = this.fields[index * fieldWords + 2] as number
    if ((this.fields[index * fieldWords + 3] as number) - start !== text.length) return false
    for (let at = 0; at < text.length; at++) if (this.text.charCodeAt(start + at) !== text.charCodeAt(at)) return false
    return true
  }

  /** Values joined by `,` as Envoy's matchers see them; undefined when absent. */
  get(lowerName: string): string | undefined {
    let value: string | undefined
    const id = headerIdOf(lowerName)
    if (this.#hasSeen(id))
      for (let index = 0; index < this.count; index++) if (this.#isField(index, id, lowerName)) value = joined(value, this.valueAt(index))
    for (let at = 0; at < this.#extraCount; at++)
      if ((this.#extraNames[at] as HeaderName).lower === lowerName) value = joined(value, this.#extraValues[at] as string)
    return value
  }

  /** The first value; undefined when absent. */
  first(lowerName: string): string | undefined {
    return this.#first(headerIdOf(lowerName), lowerName)
  }

  #first(id: HeaderId, lowerName: string): string | undefined {
    if (this.#hasSeen(id))
      for (let index = 0; index < this.count; index++) if (this.#isField(index, id, lowerName)) return this.valueAt(index)
    for (let at = 0; at < this.#extraCount; at++) if ((this.#extraNames[at] as HeaderName).lower === lowerName) return this.#extraValues[at]
    return undefined
  }

  /** The first value; when all are gone, the first as the sender wrote it. */
  firstOrOriginal(lowerName: string): string | undefined {
    const id = headerIdOf(lowerName)
    const value = this.#first(id, lowerName)
    if (value !== undefined || !this.#hasSeen(id)) return value
    for (let index = 0; index < this.count; index++) {
      const found = (this.fields[index * fieldWords + 4] as number) & idMask
      if (found === id && (id !== headerId.other || this.#hasName(index, lowerName))) return this.valueAt(index)
    }
    return undefined
  }

  has(lowerName: string): boolean {
    return this.first(lowerName) !== undefined
  }

  remove(lowerName: string): void {
    this.#remove(headerIdOf(lowerName), lowerName)
  }

  #remove(id: HeaderId, lowerName: string): void {
    if (this.#hasSeen(id)) for (let index = 0; index < this.count; index++) if (this.#isField(index, id, lowerName)) this.removeAt(index)
    for (let at = this.#extraCount - 1; at >= 0; at--) if ((this.#extraNames[at] as HeaderName).lower === lowerName) this.#removeExtra(at)
  }

  /** Removes the fields of some known names in one pass, as the sender wrote them. @param ids bits `1 << headerId`, of ids below 32. */
  removeKnown(ids: number): void {
    if ((ids & this.#seenLow) === 0) return
    const { fields } = this
    const end = this.count * fieldWords
    for (let at = 4; at < end; at += fieldWords) {
      const word = fields[at] as number
      const id = word & idMask
      if (id !== headerId.other && id < 32 && (ids & (1 << id)) !== 0) fields[at] = word | removedMark
    }
  }

  /** Removes fields as the sender wrote them. @param lowerNames all of them begin with `x-`. */
  removeExtensions(lowerNames: ReadonlySet<string>): void {
    const { fields, text } = this
    for (let index = 0; index < this.count; index++) {
      const start = fields[index * fieldWords] as number
      if ((text.charCodeAt(start) | 0x20) !== 0x78 || text.charCodeAt(start + 1) !== 0x2d) continue
      if (lowerNames.has(this.nameAt(index).toLowerCase())) this.removeAt(index)
    }
  }

  /** Fields that were added here; they follow those of the sender. */
  get addedCount(): number {
    return this.#extraCount
  }
  addedNameAt(index: number): HeaderName {
    return this.#extraNames[index] as HeaderName
  }
  addedValueAt(index: number): string {
    return this.#extraValues[index] as string
  }

  removeAt(index: number): void {
    const at = index * fieldWords + 4
    this.fields[at] = (this.fields[at] as number) | removedMark
  }

  set(name: string, value: string): void {
    const named = headerNameOf(name)
    this.#remove(named.id, named.lower)
    this.#add(named, value)
  }

  append(name: string, value: string): void {
    this.#add(headerNameOf(name), value)
  }

  /** Every field that is still there, in order. */
  *entries(): Generator<readonly [name: string, value: string]> {
    for (let index = 0; index < this.count; index++) if (this.idAt(index) >= 0) yield [this.nameAt(index), this.valueAt(index)]
    for (let at = 0; at < this.#extraCount; at++) yield [(this.#extraNames[at] as HeaderName).text, this.#extraValues[at] as string]
  }

  /** HTTP/1.1 field lines. Runs of untouched lines are one slice of the text, which is what makes forwarding cheap. */
  serialize(): string {
    const { fields, text, count } = this
    let out = ''
    let runStart = -1
    let runEnd = -1
    for (let index = 0; index < count; index++) {
      const at = index * fieldWords
      const marks = fields[at + 4] as number
      if ((marks & (removedMark | unevenMark)) !== 0) {
        if (runStart >= 0) out += text.slice(runStart, runEnd)
        runStart = -1
        if ((marks & removedMark) === 0) out += `${this.nameAt(index)}: ${this.valueAt(index)}\r\n`
        continue
      }
      if (runStart < 0) runStart = fields[at] as number
      runEnd = (fields[at + 3] as number) + 2
    }
    if (runStart >= 0) out += text.slice(runStart, runEnd)
    if (this.#extraCount === 0) return out
    out += (this.#extraNames[0] as HeaderName).start + (this.#extraValues[0] as string)
    for (let at = 1; at < this.#extraCount; at++) out += (this.#extraNames[at] as HeaderName).nextStart + (this.#extraValues[at] as string)
    return `${out}\r\n`
  }

  #isField(index: number, id: HeaderId, lowerName: string): boolean {
    const found = this.idAt(index)
    if (found !== id) return false
    return id !== headerId.other || this.#hasName(index, lowerName)
  }

  #hasName(index: number, lowerName: string): boolean {
    const start = this.fields[index * fieldWords] as number
    if ((this.fields[index * fieldWords + 1] as number) - start !== lowerName.length) return false
    for (let at = 0; at < lowerName.length; at++) {
      const code = this.text.charCodeAt(start + at)
      const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code
      if (lower !== lowerName.charCodeAt(at)) return false
    }
    return true
  }

  /** For `other` it only says that some unknown name came. */
  #hasSeen(id: HeaderId): boolean {
    return ((id < 32 ? this.#seenLow : this.#seenHigh) & (1 << (id & 31))) !== 0
  }

  #add(name: HeaderName, value: string): void {
    const at = this.#extraCount++
    this.#extraNames[at] = name
    this.#extraValues[at] = value
  }

  #removeExtra(index: number): void {
    const last = --this.#extraCount
    for (let at = index; at < last; at++) {
      this.#extraNames[at] = this.#extraNames[at + 1] as HeaderName
      this.#extraValues[at] = this.#extraValues[at + 1] as string
    }
  }

  #grow(): void {
    const larger = new Int32Array(this.fields.length * 2)
    larger.set(this.fields)
    this.fields = larger
  }
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before},${value}`
}
