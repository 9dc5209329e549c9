/** Requests as they come in real life: at a fixed rate, whether or not the earlier ones have been answered (open loop). */
import { Agent, request } from 'node:http'

export interface Answer {
  /** 0 when there was none. */
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Asks once, on a connection of its own unless an agent keeps some. */
export function answerOf(url: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve) => {
    const outgoing = request(url, { agent: agent ?? false, timeout: 20_000 }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }))
      response.once('error', (error) => resolve({ status: 0, body: error.message, headers: {} }))
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer within 20 s')))
    outgoing.once('error', (error) => resolve({ status: 0, body: error.message, headers: {} }))
    outgoing.end()
  })
}

export interface LoadReport {
  readonly sent: number
  readonly succeeded: number
  /** What the others got, with how many milliseconds after the start they were sent. */
  readonly failed: readonly { readonly atMs: number; readonly status: number; readonly body: string }[]
  readonly slowestMs: number
}

export interface Load {
  readonly sent: number
  /** Since the start, as `atMs` of what failed. */
  readonly elapsedMs: number
  /** Sends no more and waits for the answers that are due. */
  stop(): Promise<LoadReport>
}

const tickMs = 10

export function startLoad(url: string, requestsPerSecond: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const startMs = performance.now()
  const pending = new Set<Promise<void>>()
  const failed: { atMs: number; status: number; body: string }[] = []
  let sent = 0
  let succeeded = 0
  let slowestMs = 0
  const send = (): void => {
    const atMs = performance.now() - startMs
    const work = answerOf(url, agent).then(({ status, body }) => {
      slowestMs = Math.max(slowestMs, performance.now() - startMs - atMs)
      if (status === 200) succeeded++
      else failed.push({ atMs: Math.round(atMs), status, body: body.slice(0, 120) })
      pending.delete(work)
    })
    pending.add(work)
  }
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / 1000) * requestsPerSecond)
    for (; sent < due; sent++) send()
  }, tickMs)
  return {
    get sent() {
      return sent
    },
    get elapsedMs() {
      return performance.now() - startMs
    },
    async stop() {
      clearInterval(timer)
      await Promise.all(pending)
      agent.destroy()
      return { sent, succeeded, failed, slowestMs: Math.round(slowestMs) }
    },
  }
}
