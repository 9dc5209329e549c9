/** Ships access records to the control plane in batches; what cannot be sent in time is dropped and counted, never waited for. */
import type { Client, ClientWritableStream } from '@grpc/grpc-js'
import type { Clock, Timer } from '@heddle/base'
import { type AccessLogBatch, type HttpLogEntry, streamAccessLogsMethod, type TcpLogEntry, type XdsNode } from '@heddle/xds'
import { tokenMetadata } from './channel.js'

export interface AccessLogSenderOptions {
  readonly node: XdsNode
  readonly logName: string
  /** A channel of its own for each stream, with the credentials of that moment; undefined when there are none yet. */
  readonly openChannel: () => Client | undefined
  /** Longest time a record waits. Default: 1 s. */
  readonly flushMs?: number
  /** Records kept while the control plane is away or slow. Default: 10,000. */
  readonly limit?: number
  /** Told when a stream fails: what was written to it may be lost. */
  readonly onFailure?: (reason: string) => void
}

export interface AccessLogSender {
  send(entry: HttpLogEntry | TcpLogEntry): void
  readonly dropped: number
  /** Sends what waits; resolves when it was taken, or after a quarter of a second. */
  close(): Promise<void>
}

const closeDeadlineMs = 250

export function createAccessLogSender(options: AccessLogSenderOptions, clock: Clock): AccessLogSender {
  const limit = options.limit ?? 10_000
  const waiting: { http: HttpLogEntry[]; tcp: TcpLogEntry[] } = { http: [], tcp: [] }
  let stream: ClientWritableStream<AccessLogBatch> | undefined
  let channel: Client | undefined
  let timer: Timer | undefined
  let dropped = 0

  const drop = (): void => {
    stream = undefined
    channel?.close()
    channel = undefined
  }
  const open = (): boolean => {
    channel = options.openChannel()
    if (!channel) return false
    const { path, requestSerialize, responseDeserialize } = streamAccessLogsMethod
    const opened = channel.makeClientStreamRequest(path, requestSerialize, responseDeserialize, tokenMetadata(undefined), (error) => {
      if (stream !== opened) return
      if (error) options.onFailure?.(error.details)
      drop()
    })
    opened.on('error', () => {})
    stream = opened
    opened.write({ sender: { node: options.node, logName: options.logName }, entries: [] })
    return true
  }
  const writeOut = (): void => {
    for (const entries of [waiting.http.splice(0), waiting.tcp.splice(0)]) if (entries.length > 0) stream?.write({ entries })
  }
  const flush = (): void => {
    timer = undefined
    // What a slow control plane has not taken yet is memory of ours: further records wait where they are counted.
    if (stream && stream.writableLength > 0) arm()
    else if (stream || open()) writeOut()
  }
  const arm = (): void => {
    timer ??= clock.setTimer(options.flushMs ?? 1000, flush)
  }
  return {
    send(entry) {
      if (waiting.http.length + waiting.tcp.length >= limit) dropped++
      else if (entry.kind === 'http') waiting.http.push(entry)
      else waiting.tcp.push(entry)
      arm()
    },
    get dropped() {
      return dropped
    },
    async close() {
      timer?.cancel()
      if (waiting.http.length + waiting.tcp.length > 0 && (stream || open())) writeOut()
      const ending = stream
      if (ending) {
        await new Promise<void>((resolve) => {
          const deadline = clock.setTimer(closeDeadlineMs, resolve, { keepAlive: true })
          ending.once('status', () => {
            deadline.cancel()
            resolve()
          })
          ending.end()
        })
      }
      drop()
    },
  }
}
