/**
 * A port of a Pod as a local address, through the API server (`portforward` of a Pod, as kubectl does): for clusters whose Pods cannot be
 * dialled from here. Each connection is a WebSocket of the subprotocol v4.channel.k8s.io, whose messages begin with the number of a
 * channel: 0 carries the data both ways, 1 says what went wrong; the first message of each names the port.
 */
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { WebSocket } from 'ws'
import { objectPath } from './paths.js'
import { pods } from './resource-types.js'
import { readText } from './response.js'
import type { Target } from './target.js'

const subprotocol = 'v4.channel.k8s.io'
const dataChannel = 0
const errorChannel = 1

type Connection = Target['connection']

/**
 * Gives `use` a `host:port` that leads to the Pod's port while it runs.
 * @throws HEDDLE_CLI_POD_UNREACHABLE when `use` fails because the way to the Pod did, and what `use` throws
 */
export async function withForwardedPort<Result>(
  { connection }: Pick<Target, 'connection'>,
  pod: KubernetesObject,
  port: number,
  use: (address: string) => Promise<Result>,
): Promise<Result> {
  const { name, namespace } = pod.metadata
  const open = new Set<Socket>()
  let failure: Error | undefined
  const fail = (local: Socket, error: Error): void => {
    failure ??= error
    local.destroy()
  }
  const server = createServer((local) => {
    open.add(local)
    local.on('error', () => local.destroy()).on('close', () => open.delete(local))
    forward(connection, `${objectPath(pods, name, namespace)}/portforward?ports=${port}`, local).catch((error: Error) => fail(local, error))
  })
  await new Promise<void>((resolve, reject) => void server.once('error', reject).listen(0, '127.0.0.1', resolve))
  try {
    return await use(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  } catch (error) {
    if (failure === undefined) throw error
    throw new HeddleError({
      code: 'HEDDLE_CLI_POD_UNREACHABLE',
      message: `port ${port} of Pod ${namespace ?? ''}/${name} cannot be reached through the API server: ${failure.message}`,
      hint: `Is it running? heddle get pod ${name} -n ${namespace ?? ''}`,
      cause: error,
    })
  } finally {
    for (const socket of open) socket.destroy()
    server.close()
  }
}

/** Resolves when either end closed. @throws when the way could not be opened, or the Pod's side says what went wrong */
async function forward(connection: Connection, path: string, local: Socket): Promise<void> {
  local.pause()
  const socket = await webSocketTo(connection, path)
  const named = new Set<number>()
  await new Promise<void>((resolve, reject) => {
    socket.once('unexpected-response', (_, answer) => void reasonOf(answer).then((reason) => reject(new Error(reason)), reject))
    socket.once('open', () => local.resume())
    socket.on('error', reject)
    socket.on('message', (message: Buffer) => {
      const [channel] = message
      if (channel === undefined) return
      // Each channel begins with the port's number.
      if (!named.has(channel)) return void named.add(channel)
      if (channel === errorChannel) reject(new Error(message.subarray(1).toString('utf8')))
      else if (!local.write(message.subarray(1))) socket.pause()
    })
    local.on('drain', () => socket.resume())
    local.on('data', (bytes: Buffer) => {
      local.pause()
      socket.send(Buffer.concat([Buffer.of(dataChannel), bytes]), () => local.resume())
    })
    local.on('close', () => {
      if (socket.readyState === WebSocket.OPEN) socket.close()
      resolve()
    })
    socket.on('close', () => {
      local.end()
      resolve()
    })
  }).finally(() => socket.terminate())
}

async function webSocketTo({ server, certificateAuthority, clientCertificate, token }: Connection, path: string): Promise<WebSocket> {
  const bearer = typeof token === 'function' ? await token() : token
  return new WebSocket(`${server}${path}`, subprotocol, {
    perMessageDeflate: false,
    ...(certificateAuthority !== '' && { ca: certificateAuthority }),
    ...(clientCertificate && { cert: clientCertificate.certificate, key: clientCertificate.key }),
    ...(bearer !== undefined && { headers: { authorization: `Bearer ${bearer}` } }),
  })
}

/** The words of a Status, or what else the answer is. */
async function reasonOf(answer: IncomingMessage): Promise<string> {
  const text = await readText(answer)
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown }
    if (typeof message === 'string') return message
  } catch {
    // Not a Status.
  }
  return `it answers ${answer.statusCode ?? 0} ${text.slice(0, 200)}`.trim()
}
