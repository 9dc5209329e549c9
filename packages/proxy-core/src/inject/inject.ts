/**
 * A request in memory: it goes through a listener's filter chain, routes, filters, balancing and retries like any other,
 * but its client is a function call. Upstreams are real, or whatever `deps.dial` says.
 */
import { startGuarded } from '../guard/start-guarded.js'
import type { ConnectionDeps } from '../connection/connection-deps.js'
import type { DownstreamStream, RequestEvents, RequestHead } from '../codec/stream.js'
import type { DownstreamConnection } from '../decision-record.js'
import type { InjectRequest, InjectResponse } from './inject-request.js'
import type { ListenerRuntime } from '../listener/listener-runtime.js'
import { HeaderBlock } from '../message/header-block.js'
import { latin1 } from '../message/latin1.js'
import { wireText, wireToken, wireWord } from '../message/wire-text.js'

export function injectRequest(deps: ConnectionDeps, runtime: ListenerRuntime, request: InjectRequest): Promise<InjectResponse> {
  const connection = connectionOf(deps, runtime, request)
  const chain = deps.matchChain(runtime, {
    destinationAddress: connection.localAddress,
    destinationPort: connection.localPort,
    sourceAddress: connection.remoteAddress,
    directSourceAddress: '127.0.0.1',
    sourcePort: connection.remotePort,
    serverName: undefined,
    transportProtocol: 'raw_buffer',
    applicationProtocols: ['http/1.1'],
  })
  const terminal = chain?.terminal
  if (terminal?.kind !== 'http') return Promise.resolve({ status: 0, headers: [], body: '', broken: true })
  return new Promise((resolve) => {
    const stream = new MemoryStream(headOf(request), resolve)
    const exchange = deps.createExchange(terminal.manager, { ...connection, filterChain: chain?.config }, stream)
    startGuarded(exchange)
    stream.feed(exchange, request.body ?? '')
  })
}

class MemoryStream implements DownstreamStream {
  readonly head: RequestHead
  readonly #resolve: (response: InjectResponse) => void
  #status = 0
  #headers: readonly (readonly [string, string])[] = []
  #body = ''
  #done = false

  constructor(head: RequestHead, resolve: (response: InjectResponse) => void) {
    this.head = head
    this.#resolve = resolve
  }

  feed(events: RequestEvents, body: string): void {
    if (this.#done) return
    const bytes = Buffer.from(body, 'latin1')
    if (bytes.length > 0) events.onRequestBody(bytes, 0, bytes.length)
    events.onRequestEnd(undefined)
    events.flushUpstream()
  }

  sendInformational(): void {}
  sendHead(status: number, _reason: string, headers: HeaderBlock): void {
    this.#status = status
    this.#headers = [...headers.entries()]
  }
  sendBody(buffer: Buffer, start: number, end: number): void {
    this.#body += latin1(buffer, start, end)
  }
  sendText(text: string): void {
    this.#body += text
  }
  sendEnd(): void {
    this.#finish(false)
  }
  startTunnel(): void {}
  endTunnel(): void {
    this.#finish(false)
  }
  abort(): void {
    this.#finish(true)
  }
  flush(): boolean {
    return true
  }
  pauseRequest(): void {}
  resumeRequest(): void {}

  #finish(broken: boolean): void {
    if (this.#done) return
    this.#done = true
    this.#resolve({ status: this.#status, headers: this.#headers, body: this.#body, broken })
  }
}

function headOf(request: InjectRequest): RequestHead {
  const headers = new HeaderBlock()
  const authority = wireWord(request.authority)
  headers.append('host', authority)
  for (const [name, value] of Object.entries(request.headers ?? {})) headers.append(wireToken(name), wireText(value))
  return {
    method: wireToken(request.method ?? 'GET'),
    path: wireWord(request.path ?? '/'),
    authority,
    headers,
    protocol: 'HTTP/1.1',
    bodyLength: Buffer.byteLength(request.body ?? '', 'latin1'),
    expectContinue: false,
    upgrade: '',
    acceptsTrailers: false,
  }
}

function connectionOf(deps: ConnectionDeps, { config }: ListenerRuntime, request: InjectRequest): DownstreamConnection {
  const destination = request.originalDestination ?? config.address
  const { clock } = deps.exchange
  return {
    id: 0,
    listener: config,
    trafficDirection: config.trafficDirection,
    filterChain: undefined,
    remoteAddress: '127.0.0.1',
    remotePort: 0,
    localAddress: destination.address,
    localPort: destination.port,
    tls: undefined,
    requestedServerName: undefined,
    startWallMs: clock.now(),
    startMs: clock.monotonicMs(),
    telemetryState: undefined,
  }
}
