/** A port of a Pod through an API server that forwards as Kubernetes does (v4.channel.k8s.io), with frames of every size and in pieces. */
import { createHash } from 'node:crypto'
import { createServer as createHttpsServer, type Server } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { HeddleError } from '@heddle/base'
import { createTestCa } from '@heddle/ca/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { withForwardedPort } from '../../src/target/port-forward.js'
import { createMessageReader, writeFrame } from '../../src/target/web-socket-frames.js'

const open: (Server | ReturnType<typeof createServer>)[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

const ca = createTestCa()
const identity = ca.issue('spiffe://cluster.local/ns/a/sa/api', { dnsNames: ['localhost'], ipAddresses: [Uint8Array.of(127, 0, 0, 1)] })
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'istiod-1', namespace: 'istio-system' } }

/** Unmasked, as a server writes them; of data also in two parts. */
function serverFrame(code: number, payload: Buffer, isFinal = true): Buffer {
  const length = payload.length
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (isFinal ? 0x80 : 0) | code
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

/** The payloads of masked frames. */
function unmask(onMessage: (code: number, payload: Buffer) => void): (bytes: Buffer) => void {
  let held = Buffer.alloc(0)
  return (bytes) => {
    held = Buffer.concat([held, bytes])
    while (held.length >= 6) {
      const short = (held[1] as number) & 0x7f
      const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0)
      if (held.length < start + 4) return
      const length = short === 126 ? held.readUInt16BE(2) : short === 127 ? Number(held.readBigUInt64BE(2)) : short
      const end = start + 4 + length
      if (held.length < end) return
      const mask = held.subarray(start, start + 4)
      onMessage(
        (held[0] as number) & 0x0f,
        Buffer.from(held.subarray(start + 4, end).map((byte, index) => byte ^ (mask[index & 3] as number))),
      )
      held = held.subarray(end)
    }
  }
}

type Answer = { readonly target: number } | { readonly refusal: string } | { readonly fault: string }

/** @returns where the API is, as a target has it, and what was asked. */
async function startApi(
  answer: Answer,
): Promise<{ readonly connection: Parameters<typeof withForwardedPort>[0]['connection']; readonly paths: string[] }> {
  const paths: string[] = []
  const server = createHttpsServer({ cert: identity.chainPem, key: identity.keyPem })
  server.on('upgrade', (request, stream, head) => {
    const socket = stream as Socket
    paths.push(`${request.headers.authorization ?? ''} ${request.url ?? ''} ${request.headers['sec-websocket-protocol'] ?? ''}`)
    if ('refusal' in answer) {
      const body = JSON.stringify({ kind: 'Status', message: answer.refusal })
      socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      return
    }
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n`,
    )
    const port = Buffer.alloc(2)
    port.writeUInt16LE(15012)
    for (const channel of [0, 1]) socket.write(serverFrame(2, Buffer.concat([Buffer.of(channel), port])))
    socket.on('error', () => {})
    if ('fault' in answer) {
      socket.write(serverFrame(2, Buffer.concat([Buffer.of(1), Buffer.from(answer.fault)])))
      return
    }
    const upstream = connect(answer.target, '127.0.0.1')
    upstream.on('error', () => socket.destroy())
    upstream.on('data', (data) => {
      const message = Buffer.concat([Buffer.of(0), data])
      socket.write(serverFrame(9, Buffer.from('still there?')))
      const middle = Math.ceil(message.length / 2)
      socket.write(serverFrame(2, message.subarray(0, middle), false))
      socket.write(serverFrame(0, message.subarray(middle)))
    })
    upstream.on('close', () => socket.end(serverFrame(8, Buffer.alloc(0))))
    const take = unmask((code, payload) => {
      if (code === 2 && payload[0] === 0) upstream.write(payload.subarray(1))
      if (code === 8) upstream.end()
    })
    take(head)
    socket.on('data', take).on('close', () => upstream.destroy())
  })
  open.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { connection: { server: `https://127.0.0.1:${port}`, certificateAuthority: ca.rootPem, token: 'operator' }, paths }
}

async function echo(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  open.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function send(address: string, bytes: Buffer): Promise<Buffer> {
  const [host = '', port = ''] = address.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => socket.write(bytes))
    const chunks: Buffer[] = []
    socket.on('data', (data: Buffer) => {
      chunks.push(data)
      if (Buffer.concat(chunks).length >= bytes.length) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks)))
  })
}

const bytesOf = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251))

describe('a port of a Pod through the API server', () => {
  it('carries bytes of any number both ways, over several connections at once', async () => {
    const { connection, paths } = await startApi({ target: await echo() })
    await withForwardedPort({ connection }, pod, 15012, async (address) => {
      for (const length of [1, 125, 126, 70_000, 1_000_000]) expect(await send(address, bytesOf(length))).toEqual(bytesOf(length))
      const several = await Promise.all([5, 6, 7].map((length) => send(address, bytesOf(length))))
      expect(several.map(({ length }) => length)).toEqual([5, 6, 7])
    })
    expect(paths).toHaveLength(8)
    expect(new Set(paths)).toEqual(
      new Set(['Bearer operator /api/v1/namespaces/istio-system/pods/istiod-1/portforward?ports=15012 v4.channel.k8s.io']),
    )
  })

  it.each([
    ['the API server refuses', { refusal: 'pods "istiod-1" is forbidden' }, 'pods "istiod-1" is forbidden'],
    ['nothing listens in the Pod', { fault: 'error forwarding port 15012 to pod: connection refused' }, 'connection refused'],
  ])('says why it cannot be reached when %s', async (_, answer, words) => {
    const { connection } = await startApi(answer)
    const calling = withForwardedPort({ connection }, pod, 15012, async (address) => {
      const got = await send(address, bytesOf(4)).catch(() => Buffer.alloc(0))
      if (got.length === 0) throw new Error('no answer')
    })
    await expect(calling).rejects.toThrow(words)
    await expect(calling).rejects.toMatchObject({ code: 'HEDDLE_CLI_POD_UNREACHABLE' })
  })

  it('is no cover for faults of whoever uses it', async () => {
    const { connection } = await startApi({ target: await echo() })
    const own = new HeddleError({ code: 'HEDDLE_IDENTITY_REFUSED', message: 'no' })
    await expect(withForwardedPort({ connection }, pod, 15012, () => Promise.reject(own))).rejects.toBe(own)
  })
})

describe('messages of a WebSocket', () => {
  it('are read byte by byte', () => {
    const read = createMessageReader()
    const bytes = Buffer.concat([serverFrame(2, bytesOf(300)), serverFrame(8, Buffer.alloc(0))])
    const messages = [...bytes].flatMap((byte) => read(Buffer.of(byte)))
    expect(messages).toEqual([
      { opcode: 2, payload: bytesOf(300) },
      { opcode: 8, payload: Buffer.alloc(0) },
    ])
  })

  it('of a server are neither masked nor endless', () => {
    expect(() => createMessageReader()(writeFrame(2, bytesOf(3)))).toThrow('masked')
    const endless = Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0])
    expect(() => createMessageReader()(endless)).toThrow('too long')
  })
})
