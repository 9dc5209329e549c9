/**
 * One row of the request list against a running proxy, in one of several manners, judged by what the client got, what
 * upstream saw, and what the proxy logged. Returns what is wrong, in words; nothing when all is well.
 */
import type { Socket } from 'node:net'
import { readWireScript, splitWireSteps, type WireStep } from './case-script.js'
import type { RequestExpectation } from './expectation.js'
import { type ClientOutcome, type ClientScript, playClient } from './scripted-client.js'
import type { StrictUpstream, UpstreamRecord } from './strict-upstream.js'
import { fieldsOf } from './wire-message.js'

export interface WireTarget {
  /** A fresh connection to the proxy, `allowHalfOpen`. */
  connect(): Socket
  readonly upstream: StrictUpstream
  /** Resolves when the proxy has taken notice of all that clients did before the call, and holds no request of theirs. */
  settled(): Promise<void>
  /** How many requests the proxy has logged as answered by the upstream. */
  forwarded(): number
}

/** `behind-good`: after a sound request on the same connection. `before-good`: with a sound one right behind. */
export type WireManner = 'whole' | 'bytes' | 'cuts' | 'behind-good' | 'before-good'

export interface RequestCase {
  readonly source: string
  readonly expectation: RequestExpectation
  /** Whether the fault is in the body: upstream may have seen a beginning. */
  readonly faultInBody?: boolean
  /** More that has to hold. @returns what is wrong. */
  readonly check?: (seen: { readonly outcome: ClientOutcome; readonly record: UpstreamRecord }) => readonly string[]
}

/** Nothing but a machine that stands still makes a client wait so long. */
const patienceMs = 15_000
/** What is to be silent is so long without a byte. */
const silenceMs = 60
const first = 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n'
const follow = 'GET /follow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

export async function runRequestCase(target: WireTarget, wireCase: RequestCase, manner: WireManner): Promise<readonly string[]> {
  const { expectation, source } = wireCase
  target.upstream.take()
  const forwardedBefore = target.forwarded()
  const outcome = await playClient(target.connect(), {
    steps: stepsOf(readWireScript(source), manner),
    ...(expectation.mayWait ? silence(manner) : { isDone: (answers) => isServed(answers, expectation, manner) }),
    patienceMs,
  })
  await target.settled()
  await target.upstream.settled()
  const record = target.upstream.take()
  const judged = new Judge(wireCase, manner, outcome, record)
  const faults = [...judged.faults(), ...(wireCase.check?.({ outcome, record }) ?? [])]
  if (target.upstream.unfinished > 0) faults.push('an upstream exchange was left unfinished')
  const forwarded = target.forwarded() - forwardedBefore
  if (forwarded !== record.requests.length) faults.push(`upstream saw ${record.requests.length} requests, ${forwarded} were logged`)
  return faults.length === 0 ? [] : [...faults, `answers ${describe(outcome)}, upstream ${describeRecord(record)}`]
}

function stepsOf(steps: readonly WireStep[], manner: WireManner): readonly WireStep[] {
  if (manner === 'bytes' || manner === 'cuts') return splitWireSteps(steps, manner)
  if (manner === 'behind-good') return joined([{ kind: 'send', bytes: first }, ...steps])
  return manner === 'before-good' ? joined([...steps, { kind: 'send', bytes: follow }]) : steps
}

/** What stands together goes out in one write. */
function joined(steps: readonly WireStep[]): readonly WireStep[] {
  const out: WireStep[] = []
  for (const step of steps) {
    const last = out.at(-1)
    if (step.kind === 'send' && last?.kind === 'send') out[out.length - 1] = { kind: 'send', bytes: last.bytes + step.bytes }
    else out.push(step)
  }
  return out
}

function answersWanted({ ok }: RequestExpectation, manner: WireManner): number {
  const extra = manner === 'behind-good' ? 1 : manner === 'before-good' && ok !== undefined && ok.next === undefined ? 1 : 0
  return (ok?.requests ?? 1) + (ok?.next === undefined ? 0 : 1) + extra
}

/** Only a served request leaves the connection open; a refusal has to be followed by FIN. */
function mayStayOpen({ ok }: RequestExpectation, manner: WireManner): boolean {
  return ok !== undefined && ok.next === undefined && manner !== 'before-good'
}

/** A refusal is followed by FIN, which is waited for. */
function isServed(answers: ClientOutcome['answers'], expectation: RequestExpectation, manner: WireManner): boolean {
  const isWhole = answers.length >= answersWanted(expectation, manner)
  return isWhole && mayStayOpen(expectation, manner) && answers.every(({ status }) => status < 400)
}

/** Begins when all is written, and the sound request in front has its answer. */
function silence(manner: WireManner): Pick<ClientScript, 'isDone' | 'graceMs'> {
  return { isDone: (answers) => answers.length >= (manner === 'behind-good' ? 1 : 0), graceMs: silenceMs }
}

class Judge {
  readonly #case: RequestCase
  readonly #manner: WireManner
  readonly #outcome: ClientOutcome
  readonly #record: UpstreamRecord

  constructor(wireCase: RequestCase, manner: WireManner, outcome: ClientOutcome, record: UpstreamRecord) {
    this.#case = wireCase
    this.#manner = manner
    this.#outcome = outcome
    this.#record = record
  }

  faults(): string[] {
    const { outcome } = this
    const general = [...this.#outcome.faults, ...this.#record.faults]
    if (this.#record.maxInFlight > 1) general.push('more than one request in flight on an upstream connection')
    return [...general, ...outcome]
  }

  /** The first allowed outcome that fits, else why the likeliest does not. */
  get outcome(): readonly string[] {
    const { expectation } = this.#case
    const tries: (readonly string[])[] = []
    if (expectation.ok) tries.push(this.#served(expectation.ok))
    if (expectation.refusals.length > 0) tries.push(this.#refused(expectation.refusals))
    if (expectation.mayClose) tries.push(this.#closed())
    if (expectation.mayWait) tries.push(this.#silent())
    if (expectation.mustAbort) tries.push(this.#aborted())
    if (tries.length === 0) return ['nothing that can be judged is wanted']
    return tries.find((faults) => faults.length === 0) ?? (tries[this.#outcome.answers.at(-1)?.status === 200 ? 0 : tries.length - 1] as [])
  }

  get #own(): ClientOutcome['answers'] {
    return this.#manner === 'behind-good' ? this.#outcome.answers.slice(1) : this.#outcome.answers
  }

  #upstreamSaw(count: number): readonly string[] {
    const wanted = count + (this.#manner === 'behind-good' ? 1 : 0)
    const seen = this.#record.requests.length
    return seen === wanted ? [] : [`upstream saw ${seen} requests, not ${wanted}`]
  }

  #firstServed(): readonly string[] {
    if (this.#manner !== 'behind-good') return []
    return this.#outcome.answers[0]?.body === '/first ' ? [] : ['the sound request in front was not served']
  }

  #served(ok: NonNullable<RequestExpectation['ok']>): readonly string[] {
    const faults = [...this.#firstServed()]
    const own = [...this.#own]
    if (ok.next !== undefined && own.pop()?.status !== ok.next) faults.push(`the last answer is not ${ok.next}`)
    const hasFollow = this.#manner === 'before-good' && own.length > ok.requests
    if (hasFollow && own.pop()?.body !== '/follow ') faults.push('the request behind was not served as what it is')
    if (this.#manner === 'before-good' && !hasFollow && !this.#saysClose()) faults.push('the request behind was not served')
    if (own.length !== ok.requests || own.some(({ status }) => status !== 200)) faults.push(`not ${ok.requests} answers with 200`)
    faults.push(...this.#upstreamSaw(ok.requests + (hasFollow ? 1 : 0)), ...this.#forwardedAs(ok))
    if (this.#outcome.partial !== '') faults.push('bytes after the last answer')
    return faults
  }

  #forwardedAs(ok: NonNullable<RequestExpectation['ok']>): readonly string[] {
    const request = this.#record.requests[this.#manner === 'behind-good' ? 1 : 0]
    if (request === undefined) return []
    const faults: string[] = []
    const { fieldX } = this.#case.expectation
    if (ok.body !== undefined && request.body !== ok.body) faults.push(`the body came as ${JSON.stringify(request.body)}`)
    if (ok.target !== undefined && request.target !== ok.target) faults.push(`the target came as ${request.target}`)
    if (fieldX !== undefined && fieldsOf(request, 'x').join() !== fieldX) faults.push(`X came as ${JSON.stringify(fieldsOf(request, 'x'))}`)
    return faults
  }

  #saysClose(): boolean {
    const last = this.#outcome.answers.at(-1)
    return this.#outcome.end === 'fin' && last !== undefined && fieldsOf(last, 'connection').join().toLowerCase().includes('close')
  }

  #refused(codes: readonly number[]): readonly string[] {
    const faults = [...this.#firstServed(), ...this.#upstreamSaw(0)]
    const own = this.#own
    if (own.length !== 1 || !codes.includes(own[0]?.status ?? 0)) faults.push(`not exactly one answer out of ${codes.join(', ')}`)
    if (!this.#saysClose()) faults.push('no connection: close with a FIN')
    if (this.#outcome.partial !== '') faults.push('bytes after the refusal')
    if (this.#case.faultInBody !== true && this.#manner !== 'behind-good' && this.#record.bytes > 0)
      faults.push(`${this.#record.bytes} bytes went upstream`)
    return faults
  }

  #closed(): readonly string[] {
    const faults = [...this.#firstServed(), ...this.#upstreamSaw(0)]
    return this.#own.length === 0 && this.#outcome.end !== 'open' ? faults : [...faults, 'not closed without a word']
  }

  #silent(): readonly string[] {
    const faults = [...this.#firstServed(), ...this.#upstreamSaw(0)]
    return this.#own.length === 0 && this.#outcome.end === 'open' ? faults : [...faults, 'not silent']
  }

  #aborted(): readonly string[] {
    const faults = [...this.#firstServed(), ...this.#upstreamSaw(0)]
    return this.#outcome.end === 'open' ? [...faults, 'the connection stayed open'] : faults
  }
}

function describe({ answers, interim, end, partial }: ClientOutcome): string {
  const codes = [...interim, ...answers.slice(0, 5).map(({ status }) => status)].join(',')
  return `${codes} end ${end}${partial === '' ? '' : ` then ${JSON.stringify(partial.slice(0, 80))}`}`
}

function describeRecord({ requests, bytes }: UpstreamRecord): string {
  return `${bytes} bytes, ${requests
    .slice(0, 3)
    .map(({ startLine, body }) => JSON.stringify(`${startLine} ${body.slice(0, 40)}`))
    .join(', ')}`
}
