/**
 * The server behind a proxy under test: it records every byte and takes only the canonical form of HTTP/1.1, so whatever
 * of a client's framing slips through the proxy is found here. Answers are an echo, or what the test writes.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { readWireMessage, type WireMessage } from './wire-message.js'

export interface UpstreamRecord {
  /** Whole requests, in the order in which they came. */
  readonly requests: readonly WireMessage[]
  readonly bytes: number
  /** Departures from the canonical form. */
  readonly faults: readonly string[]
  /** The most requests that one connection had without an answer. */
  readonly maxInFlight: number
}

export interface StrictUpstream {
  readonly port: number
  /** Connections that were ever accepted. */
  readonly accepted: number
  /** Connections with a request that is not whole. */
  readonly unfinished: number
  /** Since the last call. */
  take(): UpstreamRecord
  /** Resolves when all that was sent here before the call has been read: a connection of its own comes behind it. */
  settled(): Promise<void>
  /** Answers from now on. Default: 200 with `TARGET BODY`. */
  answerWith(answer: ((socket: Socket, request: WireMessage) => void) | undefined): void
  close(): Promise<void>
}

function echo(socket: Socket, { method, target, body }: WireMessage): void {
  const text = `${target} ${body}`
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${method === 'HEAD' ? '' : text}`, 'latin1')
}

export async function startStrictUpstream(): Promise<StrictUpstream> {
  const upstream = new Upstream()
  await upstream.listen()
  return upstream
}

class Upstream implements StrictUpstream {
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#serve(socket))
  readonly #pending = new Map<Socket, string>()
  /** Ports of connections that `settled` made. */
  readonly #probes = new Set<number>()
  #answer = echo
  #record = emptyRecord()
  accepted = 0

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }
  get unfinished(): number {
    return [...this.#pending.values()].filter((text) => text !== '').length
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  take(): UpstreamRecord {
    const record = this.#record
    this.#record = emptyRecord()
    return record
  }

  async settled(): Promise<void> {
    const probe = connect({ port: this.port, host: '127.0.0.1', noDelay: true })
    await once(probe, 'connect')
    this.#probes.add(probe.localPort ?? 0)
    probe.write('.')
    await once(probe, 'data')
    probe.destroy()
  }

  answerWith(answer: ((socket: Socket, request: WireMessage) => void) | undefined): void {
    this.#answer = answer ?? echo
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.#pending.keys()) socket.destroy()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.accepted++
    this.#pending.set(socket, '')
    socket.on('data', (data) => this.#read(socket, data.toString('latin1')))
    socket.on('end', () => socket.end())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#pending.delete(socket))
  }

  #read(socket: Socket, piece: string): void {
    if (this.#probes.delete(socket.remotePort ?? 0)) {
      this.accepted--
      this.#pending.delete(socket)
      socket.end('.')
      return
    }
    this.#record.bytes += piece.length
    let text = (this.#pending.get(socket) ?? '') + piece
    let inFlight = 0
    while (text !== '') {
      const reading = readWireMessage(text, 0, 'request')
      if (reading.kind === 'fault') {
        this.#record.faults.push(reading.fault)
        socket.destroy()
      }
      if (reading.kind !== 'message') break
      text = text.slice(reading.end)
      this.#record.requests.push(reading.message)
      this.#record.maxInFlight = Math.max(this.#record.maxInFlight, ++inFlight)
      this.#answer(socket, reading.message)
    }
    if (!socket.destroyed) this.#pending.set(socket, text)
  }
}

function emptyRecord(): { requests: WireMessage[]; bytes: number; faults: string[]; maxInFlight: number } {
  return { requests: [], bytes: 0, faults: [], maxInFlight: 0 }
}
