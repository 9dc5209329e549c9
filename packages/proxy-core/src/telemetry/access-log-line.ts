/**
 * One line of an access log from its parts. From one record to the next most values are the same: neighbours that seldom
 * change are kept as bytes, together with the fixed text around them, and only what varies is written anew.
 */
import type { DecisionRecord } from '../decision-record.js'
import type { Operator } from './access-log-operators.js'
import { LogBytes } from './log-bytes.js'

export type RecordFormatter = (record: DecisionRecord, line: LogBytes) => void

type Value = string | number | undefined
export type PrintValue = (line: LogBytes, value: Value) => void

/** A value and the fixed text before it. */
export interface LogPart {
  readonly before: string
  readonly operator: Operator
}

/** @param rest fixed text after the last part. */
export function lineOf(parts: readonly LogPart[], rest: string, print: PrintValue): RecordFormatter {
  const request = segmentsOf(parts, rest, print, ({ readRequest }) => readRequest)
  const connection = segmentsOf(parts, rest, print, ({ read }) => read)
  return (record, line) => {
    if (record.kind === 'request') appendAll(request, record, line)
    else appendAll(connection, record, line)
  }
}

function appendAll<R>(segments: readonly Segment<R>[], record: R, line: LogBytes): void {
  for (let at = 0; at < segments.length; at++) (segments[at] as Segment<R>).append(record, line)
}

export function printText(line: LogBytes, value: Value): void {
  if (value === undefined) line.text('-')
  else if (typeof value === 'number') line.number(value)
  else line.text(value)
}

export function printJson(line: LogBytes, value: Value): void {
  if (value === undefined) line.text('null')
  else if (typeof value === 'number') line.number(value)
  else line.jsonText(value)
}

type Read<R> = (record: R) => Value
/** Which of an operator's readers reads such records. */
type Choose<R> = (operator: Operator) => Read<R>

function segmentsOf<R>(parts: readonly LogPart[], rest: string, print: PrintValue, choose: Choose<R>): readonly Segment<R>[] {
  const segments: Segment<R>[] = []
  let steady: LogPart[] = []
  for (const part of parts) {
    if (!part.operator.varies) {
      steady.push(part)
      continue
    }
    segments.push(new Segment(steady, part.before, part.operator, print, choose))
    steady = []
  }
  segments.push(new Segment(steady, rest, undefined, print, choose))
  return segments
}

/** Where a segment is rendered; its bytes are copied out at once. */
const scratch = new LogBytes(1024, 16_384)

/** What a segment looked like before last, and is likely to look like again: of two versions behind one route each has its turn. */
interface Rendering {
  readonly values: readonly Value[]
  readonly bytes: Uint8Array
}

/** Renderings that a segment keeps. */
const keptRenderings = 4

/** Steady values, fixed text, and a value that varies. */
class Segment<R> {
  readonly #befores: readonly string[]
  readonly #readers: readonly Read<R>[]
  readonly #values: Value[]
  readonly #fixed: string
  readonly #varying: Read<R> | undefined
  readonly #print: PrintValue
  #last: Rendering
  #older: readonly Rendering[] = []

  constructor(steady: readonly LogPart[], fixed: string, varying: Operator | undefined, print: PrintValue, choose: Choose<R>) {
    this.#befores = steady.map(({ before }) => before)
    this.#readers = steady.map(({ operator }) => choose(operator))
    this.#values = steady.map(() => undefined)
    this.#fixed = fixed
    this.#varying = varying && choose(varying)
    this.#print = print
    this.#last = this.#render()
  }

  append(record: R, line: LogBytes): void {
    const readers = this.#readers
    const values = this.#values
    const last = this.#last.values
    let isSame = true
    for (let at = 0; at < readers.length; at++) {
      const value = (readers[at] as Read<R>)(record)
      values[at] = value
      if (value !== last[at]) isSame = false
    }
    if (!isSame) this.#change()
    line.copy(this.#last.bytes)
    if (this.#varying !== undefined) this.#print(line, this.#varying(record))
  }

  #change(): void {
    const known = this.#older.find(({ values }) => values.every((value, at) => value === this.#values[at]))
    this.#older = [this.#last, ...this.#older.filter((each) => each !== known)].slice(0, keptRenderings - 1)
    this.#last = known ?? this.#render()
  }

  #render(): Rendering {
    const out = scratch
    out.clear()
    for (const [at, before] of this.#befores.entries()) {
      out.text(before)
      this.#print(out, this.#values[at])
    }
    out.text(this.#fixed)
    return { values: [...this.#values], bytes: Uint8Array.from(out.view()) }
  }
}
