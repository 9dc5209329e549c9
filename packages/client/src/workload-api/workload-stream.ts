/**
 * A stream of the Workload API that is followed for good. A lost stream changes nothing; it is opened again with growing pauses, except
 * where the agent says that asking again is no use (Workload API specification, section 5).
 */
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { type Clock, HeddleError, type Logger, messageOf, type Random, silentLogger, type Timer } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import type { GrpcMethod } from '@heddle/xds'
import { createBackOff } from '../ads/back-off.js'
import { endpointVariable, parseWorkloadEndpoint } from './endpoint.js'

export interface WorkloadStreamOptions {
  /** `unix:///path` or `tcp://IP:port`. Default: the environment's SPIFFE_ENDPOINT_SOCKET. */
  readonly endpoint?: string
  /** Called once when the agent says that asking again is no use. */
  readonly onRefused?: (error: HeddleError) => void
}

export interface WorkloadStreamDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface WorkloadApiClient {
  close(): void
}

/** @throws HEDDLE_WORKLOAD_API_ADDRESS */
export function openWorkloadChannel(endpoint: string = process.env[endpointVariable] ?? ''): Client {
  return new Client(parseWorkloadEndpoint(endpoint), credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 })
}

/** Says that the Workload API is meant. */
export function workloadMetadata(): Metadata {
  const metadata = new Metadata()
  metadata.set('workload.spiffe.io', 'true')
  return metadata
}

/** @param options `onMessage` may throw: then the message is not used. @throws HEDDLE_WORKLOAD_API_ADDRESS */
export function followWorkloadStream<Message>(
  { path, requestSerialize, responseDeserialize }: GrpcMethod<object, Message>,
  options: WorkloadStreamOptions & { readonly onMessage: (message: Message) => void },
  deps: Partial<WorkloadStreamDeps>,
): WorkloadApiClient {
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = deps
  const channel = openWorkloadChannel(options.endpoint)
  const backOff = createBackOff({ baseMs: 500, maxMs: 30_000 }, random)
  let retry: Timer | undefined
  let current: { cancel(): void } | undefined
  let isClosed = false

  const open = (): void => {
    const stream = channel.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {}, workloadMetadata())
    current = stream
    let isOver = false
    const end = (error?: ServiceError): void => {
      if (isOver || isClosed) return
      isOver = true
      if (error && isFinal(error)) {
        options.onRefused?.(workloadRefusal(error))
        return
      }
      const waitMs = backOff.nextMs()
      const reason = error?.details ?? 'the stream ended'
      logger.info('the Workload API is away; what it gave last stays', { reason, retryMs: Math.round(waitMs) })
      retry = clock.setTimer(waitMs, open, { keepAlive: true })
    }
    stream.on('data', (message: Message) => {
      backOff.reset()
      take(message)
    })
    stream.on('error', end)
    stream.on('end', () => end())
  }
  const take = (message: Message): void => {
    try {
      options.onMessage(message)
    } catch (error) {
      logger.error('what the Workload API sent is not used', { reason: messageOf(error) })
    }
  }
  open()
  return {
    close() {
      isClosed = true
      retry?.cancel()
      current?.cancel()
      channel.close()
    },
  }
}

function isFinal({ code }: ServiceError): boolean {
  return code === status.INVALID_ARGUMENT || code === status.UNIMPLEMENTED
}

export function workloadRefusal(cause: ServiceError): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_WORKLOAD_API_REFUSED',
    message: `the Workload API refused: ${cause.details}`,
    origin: 'upstream',
    retryable: !isFinal(cause),
    cause,
  })
}
