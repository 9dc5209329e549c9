/** Node's own parser for answers, fed through an `http` client on a connection without a socket. */
import { type IncomingMessage, request } from 'node:http'
import { Duplex } from 'node:stream'
import type { Field } from './read-requests.js'

export interface OracleAnswer {
  status: number
  fields: readonly Field[]
  body: string
  whole: boolean
  error: string
}

class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done()
  }
}

export interface AnswerInput {
  readonly method: string
  readonly bytes: Buffer
  readonly fin: boolean
}

/** Many at a time, since a client takes its connection in the next turn only. */
export async function readAnswersWithNode(inputs: readonly AnswerInput[]): Promise<readonly OracleAnswer[]> {
  const pairs = inputs.map(({ method }) => begin(method))
  await new Promise((resolve) => void setImmediate(resolve))
  inputs.forEach(({ bytes, fin }, index) => {
    const { wire } = pairs[index] as Pair
    wire.emit('data', bytes)
    if (fin) wire.emit('end')
    wire.emit('close')
    wire.destroy()
  })
  return pairs.map(({ answer }) => answer)
}

interface Pair {
  readonly wire: Wire
  readonly answer: OracleAnswer
}

function begin(method: string): Pair {
  const wire = new Wire()
  wire.on('error', () => {})
  const answer: OracleAnswer = { status: 0, fields: [], body: '', whole: false, error: '' }
  const outgoing = request({
    method,
    path: '/',
    host: 'a',
    maxHeaderSize: 131_072,
    insecureHTTPParser: false,
    createConnection: () => wire,
  })
  outgoing.maxHeadersCount = 0
  outgoing.on('error', (error: NodeJS.ErrnoException) => (answer.error ||= error.code ?? error.message))
  outgoing.on('response', (incoming: IncomingMessage) => {
    answer.status = incoming.statusCode ?? 0
    const raw = incoming.rawHeaders
    answer.fields = Array.from({ length: raw.length / 2 }, (_, at): Field => [raw[at * 2] as string, raw[at * 2 + 1] as string])
    incoming.on('error', () => {})
    incoming.push = (chunk: Buffer | null): boolean => {
      if (chunk === null) answer.whole = incoming.complete
      else answer.body += chunk.toString('latin1')
      return true
    }
  })
  outgoing.on('upgrade', () => (answer.error ||= 'upgrade'))
  outgoing.end()
  return { wire, answer }
}
