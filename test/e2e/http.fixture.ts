/** HTTP as clients outside the mesh speak it: one request, or a steady load of them. */
import { Agent, request } from 'node:http'

export interface Answer {
  /** 0 when the connection failed. */
  readonly status: number
  /** The reason when it did. */
  readonly body: string
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly agent?: Agent
}

/** One GET. Failures are answers too. */
export function ask(url: string, { headers = {}, agent }: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const outgoing = request(url, { headers, ...(agent ? { agent } : { agent: false }) }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: body.trim() }))
      response.on('error', (error) => resolve({ status: 0, body: error.message }))
    })
    outgoing.on('error', (error) => resolve({ status: 0, body: error.message }))
    outgoing.end()
  })
}

/** `count` requests over a few kept connections. @returns how often each answer came, by `STATUS BODY`. */
export async function askMany(url: string, count: number): Promise<Readonly<Record<string, number>>> {
  const load = startLoad(url, count)
  return load.done
}

export interface Load {
  /** Ends after the requests that are on their way. */
  stop(): void
  readonly done: Promise<Readonly<Record<string, number>>>
}

const connections = 4

/** Asks without pause until it is stopped, or `limit` requests were made. */
export function startLoad(url: string, limit: number = Infinity): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const counts: Record<string, number> = {}
  let left = limit
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const { status, body } = await ask(url, { agent })
      const key = `${status} ${body}`
      counts[key] = (counts[key] ?? 0) + 1
    }
  }
  const done = Promise.all(Array.from({ length: connections }, worker)).then(() => {
    agent.destroy()
    return counts
  })
  return { stop: () => (left = 0), done }
}
