/** What every call of the Workload API has in common: its header, its streams, its refusals. */
import { type Metadata, type sendUnaryData, type ServerUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js'
import type { IdentitySource } from '../identity/identity-source.js'

/** Without it a browser or a proxy that was tricked could ask. */
const requiredHeader = 'workload.spiffe.io'

/** An answer that is no. */
export interface Refusal {
  readonly code: status
  readonly details: string
}

/** @returns undefined when the caller says that it means the Workload API. */
export function headerFault(metadata: Metadata): Refusal | undefined {
  if (metadata.get(requiredHeader).join() === 'true') return undefined
  return { code: status.INVALID_ARGUMENT, details: `the metadata "${requiredHeader}: true" is missing` }
}

/** The first message at once, or as soon as there is one; each is complete. */
export function streamOf<Message>(identity: Pick<IdentitySource, 'subscribe'>, read: () => Message | undefined) {
  return (call: ServerWritableStream<object, Message>): void => {
    const fault = headerFault(call.metadata)
    if (fault) {
      call.emit('error', fault)
      return
    }
    let isPending = false
    const send = (): void => {
      isPending = false
      const message = read()
      if (message !== undefined && !call.cancelled) call.write(message)
    }
    // A renewal changes the certificate and the roots in one turn: that is one message.
    const stop = identity.subscribe(() => {
      if (isPending) return
      isPending = true
      queueMicrotask(send)
    })
    for (const event of ['cancelled', 'error', 'close'] as const) call.on(event, stop)
    send()
  }
}

export function unaryOf<Request, Response>(answer: (request: Request) => Promise<Response | Refusal>) {
  const serve = async (call: ServerUnaryCall<Request, Response>): Promise<Response | Refusal> =>
    headerFault(call.metadata) ?? (await answer(call.request))
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => void reply(serve(call), callback)
}

async function reply<Response>(answer: Promise<Response | Refusal>, callback: sendUnaryData<Response>): Promise<void> {
  let result: Response | Refusal
  try {
    result = await answer
  } catch {
    result = { code: status.INTERNAL, details: 'the call failed' }
  }
  if (isRefusal(result)) callback(result)
  else callback(null, result)
}

function isRefusal(result: unknown): result is Refusal {
  return typeof result === 'object' && result !== null && 'code' in result && 'details' in result
}
