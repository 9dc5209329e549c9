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
  const segments = segmentsOf(parts, rest, print)
  return (record, line) => {
    for (let at = 0; at < segments.length; at++) (segments[at] as Segment).append(record, line)
  }
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

function segmentsOf(parts: readonly LogPart[], rest: string, print: PrintValue): readonly Segment[] {
  const segments: Segment[] = []
  let steady: LogPart[] = []
  for (const part of parts) {
    if (!part.operator.varies) {
      steady.push(part)
      continue
    }
    segments.push(new Segment(steady, part.before, part.operator, print))
    steady = []
  }
  segments.push(new Segment(steady, rest, undefined, print))
  return segments
}

/** Where a segment is rendered; its bytes are copied out at once. */
const scratch = new LogBytes(1024, 16_384)

/** Steady values, fixed text, and a value that varies. */
class Segment {
  readonly #steady: readonly LogPart[]
  readonly #last: Value[]
  readonly #fixed: string
  readonly #varying: Operator | undefined
  readonly #print: PrintValue
  #bytes: Uint8Array

  constructor(steady: readonly LogPart[], fixed: string, varying: Operator | undefined, print: PrintValue) {
    this.#steady = steady
    this.#last = steady.map(() => undefined)
    this.#fixed = fixed
    this.#varying = varying
    this.#print = print
    this.#bytes = this.#render()
  }

  append(record: DecisionRecord, line: LogBytes): void {
    let isChanged = false
    for (let at = 0; at < this.#steady.length; at++) {
      const value = (this.#steady[at] as LogPart).operator.read(record)
      if (value === this.#last[at]) continue
      this.#last[at] = value
      isChanged = true
    }
    if (isChanged) this.#bytes = this.#render()
    line.copy(this.#bytes)
    if (this.#varying !== undefined) this.#print(line, this.#varying.read(record))
  }

  #render(): Uint8Array {
    const out = scratch
    out.clear()
    for (const [at, { before }] of this.#steady.entries()) {
      out.text(before)
      this.#print(out, this.#last[at])
    }
    out.text(this.#fixed)
    return Uint8Array.from(out.view())
  }
}
