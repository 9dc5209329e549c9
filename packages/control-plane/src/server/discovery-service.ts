/**
 * `AggregatedDiscoveryService/DeltaAggregatedResources`: one proxy's stream from its credentials to its end. Nothing is read
 * before the caller is known, so an unknown caller costs no memory.
 */
import { type handleBidiStreamingCall, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { type Clock, isHeddleError, type Logger, messageOf, type Timer } from '@heddle/base'
import type { Authenticator, Caller } from '@heddle/ca'
import { type DeltaRequest, encodeDeltaResponse } from '@heddle/xds'
import type { SecretAccess } from '../credentials/secret-access.js'
import type { Discovery, ProxyConnection } from '../push/discovery.js'
import type { SendResponse } from '../push/proxy-stream.js'
import { authenticateCall } from './call-credentials.js'
import { identifyProxy } from './node-identity.js'

export interface DiscoveryServiceOptions {
  readonly discovery: Discovery
  readonly authenticators: readonly Authenticator[]
  readonly logger: Logger
  /** Whether a caller may have private keys. Default: nobody may. */
  readonly secrets?: { readonly access: SecretAccess; readonly clock: Clock }
  /** Streams served at a time; further ones are refused with RESOURCE_EXHAUSTED. Default: 10,000. */
  readonly maxStreams?: number
}

type DiscoveryCall = ServerDuplexStream<DeltaRequest, Uint8Array>

export function discoveryHandler(options: DiscoveryServiceOptions): handleBidiStreamingCall<DeltaRequest, Uint8Array> {
  const { maxStreams = 10_000 } = options
  const open = new Set<DiscoveryStream>()
  return (call) => {
    const stream = new DiscoveryStream(call, options, () => void open.delete(stream))
    if (open.size >= maxStreams) {
      stream.refuse(status.RESOURCE_EXHAUSTED, `all ${maxStreams} discovery streams are taken`)
      return
    }
    open.add(stream)
    void stream.serve()
  }
}

class DiscoveryStream {
  readonly #call: DiscoveryCall
  readonly #options: DiscoveryServiceOptions
  readonly #onClose: () => void
  #connection: ProxyConnection | undefined
  #mayHaveKeys = false
  #nextCheck: Timer | undefined
  #isClosed = false

  constructor(call: DiscoveryCall, options: DiscoveryServiceOptions, onClose: () => void) {
    this.#call = call
    this.#options = options
    this.#onClose = onClose
    // A lost connection is 'cancelled', whatever was on its way; 'close' comes last in every case.
    for (const event of ['cancelled', 'error', 'close'] as const) call.on(event, () => this.#close())
    call.on('end', () => {
      this.#close()
      call.end()
    })
  }

  async serve(): Promise<void> {
    try {
      const identity = await authenticateCall(this.#options.authenticators, this.#call)
      if (this.#isClosed) return
      if (!identity.ok) {
        this.refuse(identity.code, identity.details, identity.reason)
        return
      }
      await this.#checkAccess(identity.caller)
      this.#call.on('data', (request: DeltaRequest) => this.#receive(request, identity.caller))
    } catch (error) {
      this.#fail(error)
    }
  }

  refuse(code: status, details: string, reason: string = details): void {
    this.#options.logger.warn('a discovery stream was refused', { peer: this.#call.getPeer(), status: status[code], reason })
    this.#call.emit('error', { code, details })
  }

  #receive(request: DeltaRequest, caller: Caller): void {
    if (this.#isClosed) return
    try {
      this.#connection ??= this.#connect(request, caller)
      this.#connection?.stream.receive(request.typeUrl, request)
    } catch (error) {
      this.#fail(error)
    }
  }

  #connect({ node }: DeltaRequest, caller: Caller): ProxyConnection | undefined {
    const { discovery, logger } = this.#options
    const identity = identifyProxy(node, caller, discovery.snapshot())
    if (!identity.ok) {
      this.refuse(identity.code, identity.reason)
      return undefined
    }
    logger.info('a proxy connected', { proxy: identity.node.id })
    const send: SendResponse = (typeUrl, response) => void this.#call.write(encodeDeltaResponse({ typeUrl, ...response }))
    return discovery.connect(identity.node, send, this.#mayHaveKeys)
  }

  /** Now and again while the stream lives: a Role may be made or taken away. */
  async #checkAccess(caller: Caller): Promise<void> {
    const { secrets } = this.#options
    if (!secrets) return
    const { isAllowed, validMs } = await secrets.access.check(caller)
    if (this.#isClosed) return
    this.#mayHaveKeys = isAllowed
    this.#connection?.allowKeys(isAllowed)
    this.#nextCheck = secrets.clock.setTimer(validMs, () => void this.#checkAccess(caller))
  }

  #fail(error: unknown): void {
    if (isHeddleError(error, 'HEDDLE_CONTROL_PLANE_LIMIT')) this.refuse(status.RESOURCE_EXHAUSTED, error.message)
    else this.refuse(status.INTERNAL, 'the configuration cannot be made', messageOf(error))
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#nextCheck?.cancel()
    this.#connection?.close()
    this.#connection = undefined
    this.#onClose()
  }
}
