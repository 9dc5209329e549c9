/**
 * Node's own parser as the second opinion: an `http` server that is handed a connection without a socket. Bodies are
 * taken where the parser delivers them, so one call reads everything that came.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { Duplex } from 'node:stream'
import type { Field } from './read-requests.js'

export interface OracleRequest {
  readonly method: string
  readonly target: string
  readonly fields: readonly Field[]
  body: string
  whole: boolean
}

export interface OracleResult {
  readonly requests: readonly OracleRequest[]
  /** Code of the parser's error; empty when it had none. */
  readonly error: string
}

class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done()
  }
}

export class NodeOracle {
  #seen: OracleRequest[] = []
  #error = ''
  readonly #server: Server

  constructor() {
    this.#server = createServer({ maxHeaderSize: 131_072, insecureHTTPParser: false, requireHostHeader: false }, (incoming) =>
      this.#onRequest(incoming),
    )
    this.#server.maxHeadersCount = 0
    this.#server.on('checkContinue', (incoming) => this.#onRequest(incoming))
    this.#server.on('checkExpectation', (incoming) => this.#onRequest(incoming))
    this.#server.on('clientError', (error: NodeJS.ErrnoException) => {
      if (this.#error === '') this.#error = error.code ?? error.message
    })
  }

  read(bytes: Buffer): OracleResult {
    this.#seen = []
    this.#error = ''
    const wire = new Wire()
    wire.on('error', () => {})
    this.#server.emit('connection', wire)
    wire.emit('data', bytes)
    const result = { requests: this.#seen, error: this.#error }
    wire.emit('close')
    wire.destroy()
    return result
  }

  #onRequest(incoming: IncomingMessage): void {
    const raw = incoming.rawHeaders
    const fields: Field[] = []
    for (let at = 0; at + 1 < raw.length; at += 2) fields.push([raw[at] as string, raw[at + 1] as string])
    const request: OracleRequest = { method: incoming.method ?? '', target: incoming.url ?? '', fields, body: '', whole: false }
    this.#seen.push(request)
    incoming.push = (chunk: Buffer | null): boolean => {
      if (chunk === null) request.whole = true
      else request.body += chunk.toString('latin1')
      return true
    }
  }
}
