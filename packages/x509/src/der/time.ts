/** Times of a validity period (RFC 5280 section 4.1.2.5): UTCTime through 2049, GeneralizedTime after, whole seconds, always `Z`. */
import { refuse } from './der-fault.js'
import { type DerCursor, contentOf, takeAny } from './read-der.js'
import { tag } from './tag.js'
import { writeValue } from './write-der.js'

const utcPattern = /^\d{12}Z$/
const generalizedPattern = /^\d{14}Z$/

/** Milliseconds since the Unix epoch. */
export function takeTime(cursor: DerCursor, what: string): number {
  const element = takeAny(cursor, what)
  const text = Buffer.from(contentOf(element)).toString('latin1')
  if (element.tag === tag.utcTime && utcPattern.test(text)) {
    return toMs(`${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`, what)
  }
  if (element.tag === tag.generalizedTime && generalizedPattern.test(text)) {
    if (Number(text.slice(0, 4)) < 2050) refuse(`${what} uses GeneralizedTime for a year before 2050`)
    return toMs(text, what)
  }
  return refuse(`${what} is not a time of the form that RFC 5280 asks for`)
}

export function writeTime(ms: number): Uint8Array {
  const text = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '')
  const year = Number(text.slice(0, 4))
  return year < 2050
    ? writeValue(tag.utcTime, Buffer.from(text.slice(2), 'latin1'))
    : writeValue(tag.generalizedTime, Buffer.from(text, 'latin1'))
}

function toMs(text: string, what: string): number {
  const part = (start: number, end: number): number => Number(text.slice(start, end))
  const ms = Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14))
  // Date.UTC carries 31 February over into March; a real date comes back as it went in.
  const again = new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')
  if (again !== text.slice(0, 14)) refuse(`${what} names a date that does not exist`)
  return ms
}
