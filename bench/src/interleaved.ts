/**
 * Forms in which contenders run side by side and are loaded in turn, each round in another order, so that a disturbance of
 * the machine meets them all.
 */
import { type Bar, judge } from './bars.js'
import type { Contender, Protocol } from './contender.js'
import { enter, type Entrant, type Grounds, onGrounds } from './entrants.js'
import type { Form, RunOptions } from './form.js'
import type { LoadGenerator } from './load/load.js'
import { describeMachine } from './machine.js'
import { type ContenderResult, type Measured, type Round, summarize, type Unit } from './result.js'
import type { Running } from './running.js'
import type { Wiring } from './site.js'
import type { Upstream } from './upstream.js'

/** One kind of load. */
export interface Measure {
  readonly name: string
  readonly unit: Unit
  readonly load: LoadGenerator
  /** Before the rounds, where `load` is too slow to let just-in-time compilers finish; default: `load`. */
  readonly warmUp?: LoadGenerator
  /** Why a contender cannot take part in it. */
  readonly excludes?: (contender: Contender) => string | undefined
}

export interface InterleavedOptions {
  readonly name: string
  readonly summary: string
  readonly protocol: Protocol
  readonly wiring: Wiring
  readonly contenders: readonly Contender[]
  upstream(): Upstream
  measures(grounds: Grounds, options: RunOptions): readonly Measure[]
  readonly bars: readonly Bar[]
  /** What is measured apart, when the rounds are over. */
  afterwards?(
    contenders: readonly ContenderResult[],
    grounds: Grounds,
    options: RunOptions,
    started: Running[],
  ): Promise<readonly ContenderResult[]>
}

interface Seat extends Measured {
  readonly entrant: Entrant
  readonly load: LoadGenerator
  readonly warmUp: LoadGenerator
  readonly rounds: Round[]
}

export function interleavedForm(form: InterleavedOptions): Form {
  const { name, summary, contenders } = form
  return { name, summary, contenders, run: (options) => runForm(form, options) }
}

async function runForm(form: InterleavedOptions, options: RunOptions): ReturnType<Form['run']> {
  const upstream = form.upstream()
  return onGrounds(upstream, async (grounds, started) => {
    const measures = form.measures(grounds, options)
    const machine = describeMachine({
      isPinned: grounds.cores.proxy !== undefined,
      loadGenerator: [...new Set(measures.map(({ load }) => load.name))].join(', '),
      upstream: upstream.name,
    })
    const entrants: Entrant[] = []
    for (const contender of chosen(form.contenders, options.only)) {
      const entrant = await enter(contender, grounds, form, started)
      if (entrant) entrants.push(entrant)
    }
    const seats = seatsOf(measures, entrants, grounds)
    await measure(seats, options)
    const figures = summarize(seats)
    const contenders = (await form.afterwards?.(figures, grounds, options, started)) ?? figures
    const { rounds } = options
    return { machine, benchmark: form.name, rounds, contenders, bars: judge(form.bars, contenders), skipped: grounds.skipped }
  })
}

export function chosen(contenders: readonly Contender[], only: readonly string[]): readonly Contender[] {
  return contenders.filter(({ name }) => only.length === 0 || only.includes(name))
}

function seatsOf(measures: readonly Measure[], entrants: readonly Entrant[], { skipped }: Grounds): readonly Seat[] {
  return measures.flatMap(({ name, unit, load, warmUp = load, excludes }) =>
    entrants.flatMap((entrant): readonly Seat[] => {
      const { contender, version } = entrant
      const reason = excludes?.(contender)
      if (reason === undefined) return [{ contender, version, measure: name, unit, rounds: [], entrant, load, warmUp }]
      skipped.push(`skipped: ${contender.name}, ${name}: ${reason}`)
      return []
    }),
  )
}

async function measure(seats: readonly Seat[], options: RunOptions): Promise<void> {
  for (const { contender, measure: name, entrant, warmUp } of options.warmUpSeconds > 0 ? seats : []) {
    options.onProgress(`warming up ${contender.name}, ${name}`)
    await warmUp.run(entrant.port, options.warmUpSeconds)
  }
  for (let round = 0; round < options.rounds; round++) {
    for (let place = 0; place < seats.length; place++) {
      const seat = seats[(place + round) % seats.length] as Seat
      options.onProgress(`round ${round + 1} of ${options.rounds}: ${seat.contender.name}, ${seat.measure}`)
      seat.rounds.push(await oneRound(seat, options.seconds))
    }
  }
}

async function oneRound({ entrant, load }: Seat, seconds: number): Promise<Round> {
  const before = entrant.usage()
  const result = await load.run(entrant.port, seconds)
  const after = entrant.usage()
  const cpuMs = Number(after.cpuNs - before.cpuNs) / 1e6
  return {
    cpuMsPer1k: (cpuMs / result.requests) * 1000,
    rps: result.requests / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    rssMb: after.rssBytes / 2 ** 20,
    errors: result.errors,
  }
}
