/** One worker as the primary holds it: questions with their answers, and its end. */
import type { Worker } from 'node:cluster'
import type { DataPlaneView } from '../engine/data-plane.js'
import type { ApplyResult } from '@heddle/proxy-core'
import type { ProxyConfig } from '@heddle/routing'
import type { FromWorker, ToWorker } from './worker-messages.js'

type News = Exclude<FromWorker, { readonly id: number }>
type Answer = Exclude<FromWorker, News>

export interface WorkerListener {
  onNews(worker: WorkerHandle, news: News): void
  onExit(worker: WorkerHandle, reason: string): void
}

export class WorkerHandle {
  readonly index: number
  readonly #worker: Worker
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>()
  #nextId = 1
  #isGone = false

  constructor(index: number, worker: Worker, listener: WorkerListener) {
    this.index = index
    this.#worker = worker
    worker.on('message', (message: FromWorker) => {
      if (!('id' in message)) return listener.onNews(this, message)
      this.#waiting.get(message.id)?.(message)
      this.#waiting.delete(message.id)
    })
    // The exit says it; without a listener an error of the channel would end the primary.
    worker.on('error', () => {})
    worker.on('exit', (code, signal) => {
      this.#isGone = true
      for (const resolve of this.#waiting.values()) resolve(undefined)
      this.#waiting.clear()
      listener.onExit(this, signal ?? `exit code ${code}`)
    })
  }

  get pid(): number | undefined {
    return this.#worker.process.pid
  }

  tell(message: ToWorker): void {
    if (!this.#isGone && this.#worker.isConnected()) this.#worker.send(message)
  }

  /** Undefined when the worker ends first. */
  async apply(config: ProxyConfig): Promise<ApplyResult | undefined> {
    const answer = await this.#ask((id) => ({ kind: 'apply', id, config }))
    return answer?.kind === 'applied' ? answer.result : undefined
  }

  async view(): Promise<DataPlaneView | undefined> {
    const answer = await this.#ask((id) => ({ kind: 'view', id }))
    return answer?.kind === 'view' ? answer.view : undefined
  }

  async metrics(): Promise<string | undefined> {
    const answer = await this.#ask((id) => ({ kind: 'metrics', id }))
    return answer?.kind === 'metrics' ? answer.text : undefined
  }

  async drain(deadlineMs: number): Promise<void> {
    await this.#ask((id) => ({ kind: 'drain', id, deadlineMs }))
    this.kill()
  }

  kill(): void {
    if (!this.#isGone) this.#worker.process.kill('SIGKILL')
  }

  #ask(questionOf: (id: number) => ToWorker): Promise<Answer | undefined> {
    if (this.#isGone || !this.#worker.isConnected()) return Promise.resolve(undefined)
    const id = this.#nextId++
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#worker.send(questionOf(id))
    })
  }
}
