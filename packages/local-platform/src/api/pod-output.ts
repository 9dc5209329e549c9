/** `pods/NAME/log` and `pods/NAME/exec`: the API finds Pod and container, the runtime gives the bytes. */
import { execContentType, type KubernetesObject } from '@heddle/client'
import { writeAll } from '../back-pressure.js'
import { fieldsOf, listOf, textOf } from '../json-fields.js'
import { badRequest, failure } from './api-failure.js'
import { asStatus, type Exchange, sendError, wholeNumber } from './http-exchange.js'
import type { PodExecOutput, PodRuntime } from './pod-runtime.js'
import type { Registry } from './registry.js'
import type { RequestTarget } from './request-target.js'

interface PodOutputServices {
  readonly registry: Registry
  readonly podRuntime: () => PodRuntime | undefined
}

export async function servePodOutput(exchange: Exchange, target: RequestTarget, services: PodOutputServices): Promise<void> {
  const { kind, namespace = '', name = '', subresource } = target
  const pod = services.registry.get(kind, namespace, name)
  const runtime = services.podRuntime()
  if (!runtime) throw failure(503, 'ServiceUnavailable', 'no runtime is attached to this platform, so no Pod has processes')
  const container = chooseContainer(pod, exchange.query.get('container'))
  const abort = new AbortController()
  exchange.response.on('close', () => abort.abort())
  if (subresource === 'log') return serveLog(exchange, runtime, { namespace, name, container, signal: abort.signal })
  return serveExec(exchange, runtime, { namespace, name, container, signal: abort.signal })
}

interface ContainerTarget {
  readonly namespace: string
  readonly name: string
  readonly container: string
  readonly signal: AbortSignal
}

async function serveLog(
  { response, query }: Exchange,
  runtime: PodRuntime,
  { namespace, name, ...chosen }: ContainerTarget,
): Promise<void> {
  const [tailLines, sinceSeconds] = [wholeNumber(query, 'tailLines'), wholeNumber(query, 'sinceSeconds')]
  const isOn = (key: string): boolean => query.get(key) === 'true' || query.get(key) === '1'
  const output = runtime.logs(namespace, name, {
    ...chosen,
    follow: isOn('follow'),
    previous: isOn('previous'),
    timestamps: isOn('timestamps'),
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
  })
  try {
    for await (const chunk of output) {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain' })
      await writeAll(response, chunk)
      if (response.destroyed) return
    }
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain' })
    response.end()
  } catch (error) {
    if (!chosen.signal.aborted) sendError(response, error)
  }
}

/**
 * kubectl's exec wants SPDY or WebSocket streams, which this platform does not speak; `heddle exec` posts and reads frames:
 * one byte of channel (1 stdout, 2 stderr, 3 exit code or error as JSON), four of length (big-endian), then the data. With
 * `stdin=true` the request's body is the input, passed on while it comes; the answer begins before the request ends.
 */
async function serveExec(
  { request, response, query }: Exchange,
  runtime: PodRuntime,
  { namespace, name, ...chosen }: ContainerTarget,
): Promise<void> {
  if (request.method !== 'POST' || !(request.headers.accept ?? '').includes(execContentType))
    throw failure(501, 'NotImplemented', 'the local platform does not speak the streaming protocols of kubectl exec; use `heddle exec`')
  const command = query.getAll('command')
  if (command.length === 0) throw badRequest('you must specify at least 1 command for the container')
  const hasInput = query.get('stdin') === 'true'
  if (!hasInput) request.resume()
  response.writeHead(200, { 'content-type': execContentType })
  response.flushHeaders()
  try {
    const output = runtime.exec(namespace, name, { ...chosen, command, ...(hasInput && { stdin: request as AsyncIterable<Uint8Array> }) })
    for await (const part of output) await writeAll(response, frameOf(part))
  } catch (error) {
    response.write(frame(3, Buffer.from(JSON.stringify({ error: asStatus(error) }))))
  }
  response.end()
}

function frameOf(output: PodExecOutput): Buffer {
  if (output.type === 'exit') return frame(3, Buffer.from(JSON.stringify({ exitCode: output.code })))
  return frame(output.type === 'stdout' ? 1 : 2, output.data)
}

function frame(channel: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(channel, 0)
  head.writeUInt32BE(data.length, 1)
  return Buffer.concat([head, data])
}

/** The container named, else the annotated default, else the only one. */
function chooseContainer(pod: KubernetesObject, named: string | null): string {
  const spec = fieldsOf(pod['spec'])
  const containers = listOf(spec['containers']).map((container) => textOf(container['name']) ?? '')
  const all = [...containers, ...listOf(spec['initContainers']).map((container) => textOf(container['name']) ?? '')]
  if (named) {
    if (all.includes(named)) return named
    throw badRequest(`container ${named} is not valid for pod ${pod.metadata.name}`)
  }
  const annotated = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container']
  if (annotated !== undefined && all.includes(annotated)) return annotated
  if (containers.length === 1) return containers[0] as string
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${containers.join(' ')}]`)
}
