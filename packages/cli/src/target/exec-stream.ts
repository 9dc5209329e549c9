/**
 * `exec` as one streamed request: with `-i` the input goes out while the output comes in, byte for byte. The resource client
 * sends whole texts, so this is the one place of the CLI that talks to the API itself.
 */
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { HeddleError } from '@heddle/base'
import { execContentType } from '@heddle/client/resources'
import type { Target } from './target.js'

export interface ExecRequest {
  readonly path: string
  /** Absent: no input. */
  readonly stdin?: AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
}

export interface ExecAnswer {
  readonly status: number
  readonly body: AsyncIterable<Uint8Array>
  /** Stops reading the input, and ends the request. */
  readonly close: () => void
}

/** @throws HEDDLE_API_UNREACHABLE */
export async function openExec({ connection }: Target, { path, stdin, signal }: ExecRequest): Promise<ExecAnswer> {
  const { server, certificateAuthority, clientCertificate, token } = connection
  const bearer = typeof token === 'function' ? await token() : token
  const outgoing = httpsRequest(`${server}${path}`, {
    method: 'POST',
    agent: false,
    signal,
    ...(certificateAuthority !== '' && { ca: certificateAuthority }),
    ...(clientCertificate && { cert: clientCertificate.certificate, key: clientCertificate.key }),
    headers: { accept: execContentType, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
  })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    // After the answer began, its own stream tells of what goes wrong.
    outgoing.on('error', (error) => reject(signal.aborted ? error : unreachable(server, error)))
  })
  const input = stdin && (stdin instanceof Readable ? stdin : Readable.from(stdin))
  // The program starts before anything is typed, and may end without it.
  if (input) {
    outgoing.flushHeaders()
    input.pipe(outgoing)
  } else outgoing.end()
  const close = (): void => {
    input?.unpipe(outgoing)
    input?.destroy()
    outgoing.destroy()
  }
  try {
    const body = await response
    return { status: body.statusCode ?? 0, body, close }
  } catch (error) {
    close()
    throw error
  }
}

function unreachable(server: string, cause: Error): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_API_UNREACHABLE',
    message: `the API at ${server} cannot be reached: ${cause.message}`,
    retryable: true,
    cause,
  })
}
