/** One HTTPS connection pool to a Kubernetes API: authority, credentials, JSON calls. The only module that knows node:https. */
import { Agent, request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { readStatus, statusError, unreachableError } from './api-error.js'
import type { KubernetesObject, RawRequest, RawResponse, ResourceClientOptions } from './resource-client.js'
import { readWarnings } from './warning-header.js'

export interface ApiConnection {
  send(options: RawRequest): Promise<RawResponse>
  /** Sends JSON, reads JSON; a failed answer throws `HEDDLE_API_STATUS`. */
  call(options: RawRequest): Promise<KubernetesObject>
  close(): void
}

export function createApiConnection(options: ResourceClientOptions): ApiConnection {
  const server = options.server.replace(/\/+$/, '')
  const agent = new Agent({
    keepAlive: true,
    ...(options.certificateAuthority === '' ? {} : { ca: options.certificateAuthority }),
    ...(options.clientCertificate && { cert: options.clientCertificate.certificate, key: options.clientCertificate.key }),
  })
  const send = async (request: RawRequest): Promise<RawResponse> => {
    const token = typeof options.token === 'function' ? await options.token() : options.token
    const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...request.headers }
    const response = await exchange(agent, server, { ...request, headers })
    const answerHeaders = flatten(response)
    if (options.onWarning) for (const text of readWarnings(answerHeaders['warning'] ?? '')) options.onWarning(text)
    return { status: response.statusCode ?? 0, headers: answerHeaders, body: response }
  }
  return {
    send,
    async call(request) {
      const response = await send({
        ...request,
        headers: {
          accept: 'application/json',
          ...(request.body !== undefined && { 'content-type': 'application/json' }),
          ...request.headers,
        },
      })
      const text = await readText(response)
      if (response.status < 200 || response.status > 299) throw statusError(readStatus(response.status, text))
      return parseObject(response.status, text)
    },
    close: () => agent.destroy(),
  }
}

function exchange(agent: Agent, server: string, request: RawRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { ...request.headers, ...(request.body !== undefined && { 'content-length': String(Buffer.byteLength(request.body)) }) }
    const outgoing = httpsRequest(`${server}${request.path}`, {
      agent,
      method: request.method ?? 'GET',
      headers,
      ...(request.signal && { signal: request.signal }),
    })
    outgoing.on('response', resolve)
    outgoing.on('error', (error) => {
      // The server closed an idle connection just as it was reused; reading again is safe.
      if (outgoing.reusedSocket && outgoing.method === 'GET' && !request.signal?.aborted) resolve(exchange(agent, server, request))
      else reject(request.signal?.aborted ? error : unreachableError(server, error))
    })
    outgoing.end(request.body)
  })
}

/** The whole body as UTF-8. */
export async function readText(response: RawResponse): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function parseObject(status: number, text: string): KubernetesObject {
  try {
    return JSON.parse(text) as KubernetesObject
  } catch {
    throw statusError(readStatus(status, text))
  }
}

function flatten(response: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}
