/** `AccessLogService/StreamAccessLogs`: what proxies report, each only in its own name. */
import { type handleClientStreamingCall, type sendUnaryData, type ServerReadableStream, status } from '@grpc/grpc-js'
import { type Logger, messageOf } from '@heddle/base'
import type { Authenticator, Caller } from '@heddle/ca'
import type { AccessLogBatch } from '@heddle/xds'
import type { AccessRecord } from '../telemetry/access-store.js'
import { authenticateCall } from './call-credentials.js'
import { identifyNode } from './node-identity.js'

export interface AccessLogServiceOptions {
  readonly authenticators: readonly Authenticator[]
  /** @param namespace of the sender, as it proved it. */
  readonly onRecord: (record: AccessRecord, namespace: string) => void
  readonly logger: Logger
  /** Streams served at a time; further ones are refused with RESOURCE_EXHAUSTED. Default: 10,000. */
  readonly maxStreams?: number
}

export function accessLogHandler(options: AccessLogServiceOptions): handleClientStreamingCall<AccessLogBatch, object> {
  const { maxStreams = 10_000 } = options
  let open = 0
  return (call, callback) => {
    if (open >= maxStreams) {
      callback({ code: status.RESOURCE_EXHAUSTED, details: `all ${maxStreams} streams of access records are taken` })
      return
    }
    open++
    call.once('close', () => open--)
    void new AccessLogStream(call, callback, options).serve()
  }
}

class AccessLogStream {
  readonly #call: ServerReadableStream<AccessLogBatch, object>
  readonly #callback: sendUnaryData<object>
  readonly #options: AccessLogServiceOptions
  /** Node id of the sender, once it is known to be the caller's. */
  #sender: string | undefined
  #isAnswered = false

  constructor(call: ServerReadableStream<AccessLogBatch, object>, callback: sendUnaryData<object>, options: AccessLogServiceOptions) {
    this.#call = call
    this.#callback = callback
    this.#options = options
    // grpc-js answers a request that cannot be read by itself; without a listener the error would end the process.
    call.on('error', () => undefined)
  }

  async serve(): Promise<void> {
    try {
      const identity = await authenticateCall(this.#options.authenticators, this.#call)
      if (!identity.ok) return this.#refuse(identity.code, identity.details, identity.reason)
      this.#call.on('data', (batch: AccessLogBatch) => this.#receive(batch, identity.caller))
      this.#call.on('end', () => this.#answer(() => this.#callback(null, {})))
    } catch (error) {
      this.#refuse(status.INTERNAL, 'the records cannot be taken', messageOf(error))
    }
  }

  #receive({ sender, entries }: AccessLogBatch, caller: Caller): void {
    if (this.#isAnswered) return
    if (this.#sender === undefined) {
      const identity = identifyNode(sender?.node, caller)
      if (!identity.ok) return this.#refuse(identity.code, identity.reason)
      this.#sender = identity.node.id
    }
    for (const entry of entries) this.#options.onRecord({ proxy: this.#sender, entry }, caller.namespace)
  }

  #refuse(code: status, details: string, reason: string = details): void {
    this.#options.logger.warn('access records were refused', { peer: this.#call.getPeer(), status: status[code], reason })
    this.#answer(() => this.#callback({ code, details }))
  }

  /** A call has one answer, however many of its batches are wrong. */
  #answer(send: () => void): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    send()
  }
}
