/** Reading requests and writing answers of the API: bodies within a limit, JSON, `Status` errors. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isHeddleError, messageOf } from '@heddle/base'
import { type KubernetesObject, type Status, statusOf } from '@heddle/client'
import { badRequest, failure, unsupportedMediaType } from './api-failure.js'
import { protobufMediaType, readProtobufObject } from './protobuf-body.js'

/** As Kubernetes limits a request to etcd. */
const maxBodyBytes = 3 * 1024 * 1024

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly accept: string | undefined
}

export function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const [path, query] = splitOnce(request.url ?? '/', '?')
  return { request, response, method: request.method ?? 'GET', path, query: new URLSearchParams(query), accept: request.headers.accept }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** A number in the query. @throws 400 BadRequest for anything else, negative numbers included. */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be a whole number, zero or more`)
}

export async function readBody(request: IncomingMessage): Promise<string> {
  return (await readBytes(request)).toString('utf8')
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw failure(413, 'RequestEntityTooLarge', `the request is larger than ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The body as an object. kubectl 1.20 sends some bodies without a Content-Type: they are JSON. */
export async function readObject(request: IncomingMessage): Promise<KubernetesObject> {
  const mediaType = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim()
  if (mediaType === protobufMediaType) return readProtobufObject(await readBytes(request))
  if (mediaType !== 'application/json')
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/json (this platform reads no ${mediaType ?? ''})`,
    )
  return parseObject(await readBody(request))
}

export function parseObject(text: string): KubernetesObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw badRequest(`the object provided is unrecognized (must be of type object): ${messageOf(error)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('the body is not an object')
  return { metadata: {}, ...value } as unknown as KubernetesObject
}

export function sendJson(response: ServerResponse, code: number, value: unknown, contentType: string = 'application/json'): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(code, { 'content-type': contentType, 'content-length': body.length, 'cache-control': 'no-cache, private' })
  response.end(body)
}

export function sendError(response: ServerResponse, error: unknown): void {
  const status = asStatus(error)
  if (response.headersSent) {
    response.destroy()
    return
  }
  sendJson(response, status.code, { metadata: {}, ...status })
}

/** Anything that is no refusal of ours is a fault of the server. */
export function asStatus(error: unknown): Status {
  const status = statusOf(error)
  if (status) return status
  const code = isHeddleError(error) ? ` (${error.code})` : ''
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${messageOf(error)}${code}`,
  }
}
