/** The dynamic table (RFC 7541 section 2.3.2): a ring, newest first, that forgets from its other end. */
import type { HeaderField } from '../../../message/header-field.js'

export class DynamicTable {
  #ring: (HeaderField | undefined)[] = Array.from({ length: 32 }, () => undefined)
  #first = 0
  count = 0
  size = 0
  /** Fields that were ever inserted; the place of one is told by its number. */
  inserted = 0
  maxSize: number

  constructor(maxSize: number) {
    this.maxSize = maxSize
  }

  /** @param index from 0, the newest. */
  at(index: number): HeaderField | undefined {
    if (index >= this.count) return undefined
    return this.#ring[(this.#first + this.count - 1 - index) & (this.#ring.length - 1)]
  }

  resize(maxSize: number, onEvicted?: (field: HeaderField, number: number) => void): void {
    this.maxSize = maxSize
    this.#evict(maxSize, onEvicted)
  }

  /** @returns whether the field found a place; one that is larger than the table empties it. */
  insert(field: HeaderField, onEvicted?: (field: HeaderField, number: number) => void): boolean {
    this.#evict(this.maxSize - field.size, onEvicted)
    if (field.size > this.maxSize) return false
    if (this.count === this.#ring.length) this.#grow()
    this.#ring[(this.#first + this.count) & (this.#ring.length - 1)] = field
    this.count++
    this.inserted++
    this.size += field.size
    return true
  }

  #evict(maxSize: number, onEvicted?: (field: HeaderField, number: number) => void): void {
    while (this.count > 0 && this.size > maxSize) {
      const field = this.#ring[this.#first] as HeaderField
      this.#ring[this.#first] = undefined
      onEvicted?.(field, this.inserted - this.count)
      this.#first = (this.#first + 1) & (this.#ring.length - 1)
      this.count--
      this.size -= field.size
    }
  }

  #grow(): void {
    const { length } = this.#ring
    const larger: (HeaderField | undefined)[] = Array.from({ length: length * 2 }, () => undefined)
    for (let at = 0; at < this.count; at++) larger[at] = this.#ring[(this.#first + at) & (length - 1)]
    this.#ring = larger
    this.#first = 0
  }
}
