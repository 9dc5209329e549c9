/**
 * A port of a Pod as a local address, through the API server (`portforward` of a Pod, as kubectl does): for clusters whose Pods cannot be
 * dialled from here. Each connection is a WebSocket of the subprotocol v4.channel.k8s.io, whose messages begin with the number of a
 * channel: 0 carries the data both ways, 1 says what went wrong; the first message of each names the port.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { objectPath } from './paths.js'
import { pods } from './resource-types.js'
import { readText } from './response.js'
import type { Target } from './target.js'
import { createMessageReader, type Message, opcode, writeFrame } from './web-socket-frames.js'

const subprotocol = 'v4.channel.k8s.io'
const dataChannel = 0
const errorChannel = 1
/** RFC 6455 section 1.3. */
const acceptSalt = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

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
  const { socket, head } = await openWebSocket(connection, path)
  await new Promise<void>((resolve, reject) => {
    const read = createMessageReader()
    const named = new Set<number>()
    const take = ({ opcode: code, payload }: Message): void => {
      if (code === opcode.ping) socket.write(writeFrame(opcode.pong, payload))
      if (code === opcode.close) local.end()
      if (code !== opcode.binary || payload.length === 0) return
      const channel = payload[0] as number
      if (!named.has(channel)) return void named.add(channel)
      if (channel === errorChannel) reject(new Error(payload.subarray(1).toString('utf8')))
      else if (!local.write(payload.subarray(1))) socket.pause()
    }
    const onBytes = (bytes: Buffer): void => {
      try {
        for (const message of read(bytes)) take(message)
      } catch (error) {
        reject(error as Error)
      }
    }
    socket.on('data', onBytes).on('error', reject)
    socket.on('close', () => (local.end(), resolve()))
    local.on('drain', () => socket.resume())
    local.on('data', (bytes: Buffer) => {
      if (!socket.write(writeFrame(opcode.binary, Buffer.concat([Buffer.of(dataChannel), bytes])))) local.pause()
    })
    socket.on('drain', () => local.resume())
    local.on('close', () => (socket.end(writeFrame(opcode.close, Buffer.alloc(0))), resolve()))
    if (head.length > 0) onBytes(head)
    local.resume()
  }).finally(() => socket.destroySoon())
}

interface WebSocketStart {
  readonly socket: Socket
  /** What came with the answer. */
  readonly head: Buffer
}

async function openWebSocket(connection: Connection, path: string): Promise<WebSocketStart> {
  const { server, certificateAuthority, clientCertificate, token } = connection
  const bearer = typeof token === 'function' ? await token() : token
  const key = randomBytes(16).toString('base64')
  const outgoing = httpsRequest(`${server}${path}`, {
    agent: false,
    ...(certificateAuthority !== '' && { ca: certificateAuthority }),
    ...(clientCertificate && { cert: clientCertificate.certificate, key: clientCertificate.key }),
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
      'sec-websocket-protocol': subprotocol,
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    },
  })
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject)
    outgoing.once('response', (answer) => void reasonOf(answer).then((reason) => reject(new Error(reason)), reject))
    outgoing.once('upgrade', (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
      const { 'sec-websocket-accept': accept, 'sec-websocket-protocol': chosen } = answer.headers
      if (accept === acceptOf(key) && chosen === subprotocol) return resolve({ socket: socket as Socket, head })
      socket.destroy()
      reject(new Error('the API server answers in another protocol'))
    })
    outgoing.end()
  })
}

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${acceptSalt}`).digest('base64')
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
