/** A client that writes exactly what it is told, in as many writes as it is told, and reads the answers strictly. */
import type { Socket } from 'node:net'
import type { Clock } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import type { WireStep } from './case-script.js'
import { readWireMessage, type WireMessage } from './wire-message.js'

export interface ClientOutcome {
  readonly answers: readonly WireMessage[]
  /** Codes below 200, in order. */
  readonly interim: readonly number[]
  /** `open`: the connection stood when the client gave up waiting. */
  readonly end: 'open' | 'fin' | 'reset'
  /** Bytes of an answer that is not whole. */
  readonly partial: string
  /** Departures from the canonical form. */
  readonly faults: readonly string[]
}

export interface ClientScript {
  readonly steps: readonly WireStep[]
  /** Methods of the requests in order, where answers depend on them (HEAD). Default: GET. */
  readonly methods?: readonly string[]
  /** The connection may be left as soon as this holds, after `graceMs` more. Default: only its end will do. */
  readonly isDone?: (answers: readonly WireMessage[]) => boolean
  /** Time in which nothing more may come. Default: 4. */
  readonly graceMs?: number
  /** Longest silence before the client gives up. Default: 3000. */
  readonly patienceMs?: number
  /** Default: the system clock. */
  readonly clock?: Clock
}

/** Plays the script on a connected (or connecting) socket with `allowHalfOpen`. Resolves when the connection has ended, or is given up. */
export function playClient(socket: Socket, script: ClientScript): Promise<ClientOutcome> {
  const { steps, methods = [], isDone = () => false, graceMs = 4, patienceMs = 3000, clock = systemClock } = script
  return new Promise((resolve) => {
    const reader = new AnswerReader(methods)
    let wasReset = false
    let timer = clock.setTimer(patienceMs, () => finish('open'), { keepAlive: true })
    const finish = (end: ClientOutcome['end']): void => {
      timer.cancel()
      socket.removeAllListeners('close')
      socket.destroy()
      resolve(reader.outcome(end))
    }
    const wait = (): void => {
      timer.cancel()
      timer = clock.setTimer(isDone(reader.answers) ? graceMs : patienceMs, () => finish('open'), { keepAlive: true })
    }
    socket.setNoDelay(true)
    socket.on('data', (data: Buffer) => {
      reader.add(data.toString('latin1'))
      wait()
    })
    socket.on('error', () => (wasReset = true))
    socket.on('end', () => finish('fin'))
    socket.on('close', () => finish(wasReset ? 'reset' : 'fin'))
    playSteps(socket, steps, clock, wait)
  })
}

/** Writes one step after the other; each write leaves in a turn of its own. */
export function playSteps(socket: Socket, steps: readonly WireStep[], clock: Clock = systemClock, onDone: () => void = () => {}): void {
  let at = 0
  const next = (): void => {
    const step = steps[at++]
    if (step === undefined) return onDone()
    if (socket.destroyed || socket.writableEnded) return
    if (step.kind === 'send') socket.write(step.bytes, 'latin1', () => setImmediate(next))
    else if (step.kind === 'pause') clock.setTimer(step.ms, next, { keepAlive: true })
    else if (step.kind === 'fin') socket.end()
    else socket.resetAndDestroy()
  }
  if (socket.connecting) socket.once('connect', next)
  else next()
}

/** Answers of one connection, in order. */
class AnswerReader {
  readonly answers: WireMessage[] = []
  readonly #methods: readonly string[]
  readonly #interim: number[] = []
  readonly #faults: string[] = []
  #text = ''
  #partial: WireMessage | undefined

  constructor(methods: readonly string[]) {
    this.#methods = methods
  }

  add(text: string): void {
    this.#text += text
    while (this.#text !== '' && this.#faults.length === 0) {
      const reading = readWireMessage(this.#text, 0, 'answer', this.#methods[this.answers.length])
      if (reading.kind === 'fault') this.#faults.push(reading.fault)
      if (reading.kind === 'more') this.#partial = reading.message
      if (reading.kind !== 'message') return
      this.#partial = undefined
      this.#text = this.#text.slice(reading.end)
      if (reading.message.status < 200 && reading.message.status !== 101) this.#interim.push(reading.message.status)
      else this.answers.push(reading.message)
    }
  }

  outcome(end: ClientOutcome['end']): ClientOutcome {
    if (end === 'fin' && this.#partial?.framing === 'until-close') {
      this.answers.push(this.#partial)
      this.#text = ''
    }
    return { answers: this.answers, interim: this.#interim, end, partial: this.#text, faults: this.#faults }
  }
}
