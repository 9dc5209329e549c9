/** A document over HTTPS from somebody else: of bounded size, in bounded time, never redirected, never in plain text. */
import { get, type RequestOptions } from 'node:https'
import { HeddleError } from '@heddle/base'

export interface HttpsDocumentOptions extends Pick<RequestOptions, 'ca' | 'rejectUnauthorized' | 'checkServerIdentity' | 'servername'> {
  /** Called with the connection's socket before anything is sent; an error it throws ends the request. */
  readonly onSecure?: (socket: object) => void
  /** Default: 1 MiB. */
  readonly maxBytes?: number
}

const maxDocumentBytes = 1024 * 1024
const documentTimeoutMs = 5000

/** @throws HEDDLE_CONTROL_PLANE_FETCH */
export function fetchHttpsDocument(
  url: string,
  { onSecure, maxBytes = maxDocumentBytes, ...tls }: HttpsDocumentOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!URL.canParse(url) || new URL(url).protocol !== 'https:') return reject(failed(url, 'the address is not https:'))
    const signal = AbortSignal.timeout(documentTimeoutMs)
    const request = get(url, { ...tls, agent: false, minVersion: 'TLSv1.2', signal, headers: { accept: 'application/json' } })
    request.on('error', (cause) => reject(failed(url, signal.aborted ? `no answer within ${documentTimeoutMs} ms` : cause.message, cause)))
    request.on('socket', (socket) => {
      socket.on('secureConnect', () => {
        try {
          onSecure?.(socket)
        } catch (error) {
          request.destroy(error as Error)
        }
      })
    })
    request.on('response', (response) => {
      if (response.statusCode !== 200) {
        request.destroy(new Error(`it answered ${response.statusCode ?? 0}`))
        return
      }
      const chunks: Buffer[] = []
      let size = 0
      response.on('error', (cause) => reject(failed(url, cause.message, cause)))
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > maxBytes) request.destroy(new Error(`it is longer than ${maxBytes} bytes`))
        else chunks.push(chunk)
      })
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
  })
}

function failed(url: string, reason: string, cause?: unknown): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CONTROL_PLANE_FETCH',
    message: `${url} cannot be fetched: ${reason}`,
    origin: 'upstream',
    retryable: true,
    cause,
  })
}
