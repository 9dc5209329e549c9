/** A port of a Pod through an API server that forwards as Kubernetes does (v4.channel.k8s.io). */
import { createServer as createHttpsServer, type Server } from 'node:https'
import { type AddressInfo, connect, createServer } from 'node:net'
import { HeddleError } from '@heddle/base'
import { createTestCa } from '@heddle/ca/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { withForwardedPort } from '../../src/target/port-forward.js'

const open: (Server | ReturnType<typeof createServer>)[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

const ca = createTestCa()
const identity = ca.issue('spiffe://cluster.local/ns/a/sa/api', { dnsNames: ['localhost'], ipAddresses: [Uint8Array.of(127, 0, 0, 1)] })
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'istiod-1', namespace: 'istio-system' } }

type Answer = { readonly target: number } | { readonly refusal: string } | { readonly fault: string }

/** @returns where the API is, as a target has it, and what was asked. */
async function startApi(
  answer: Answer,
): Promise<{ readonly connection: Parameters<typeof withForwardedPort>[0]['connection']; readonly paths: string[] }> {
  const paths: string[] = []
  const server = createHttpsServer({ cert: identity.chainPem, key: identity.keyPem })
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => offered.has('v4.channel.k8s.io') && 'v4.channel.k8s.io',
  })
  server.on('upgrade', (request, stream, head) => {
    paths.push(`${request.headers.authorization ?? ''} ${request.url ?? ''} ${request.headers['sec-websocket-protocol'] ?? ''}`)
    if ('refusal' in answer) {
      const body = JSON.stringify({ kind: 'Status', message: answer.refusal })
      stream.end(`HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const port = Buffer.alloc(2)
      port.writeUInt16LE(15012)
      for (const channel of [0, 1]) socket.send(Buffer.concat([Buffer.of(channel), port]))
      if ('fault' in answer) socket.send(Buffer.concat([Buffer.of(1), Buffer.from(answer.fault)]))
      else join(socket, answer.target)
    })
  })
  open.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { connection: { server: `https://127.0.0.1:${port}`, certificateAuthority: ca.rootPem, token: 'operator' }, paths }
}

/** Data comes back in two frames a message, with pings in between. */
function join(socket: WebSocket, target: number): void {
  const upstream = connect(target, '127.0.0.1')
  upstream.on('error', () => socket.terminate())
  upstream.on('data', (data) => {
    socket.ping('still there?')
    const middle = Math.ceil(data.length / 2)
    socket.send(Buffer.concat([Buffer.of(0), data.subarray(0, middle)]), { fin: false })
    socket.send(data.subarray(middle))
  })
  upstream.on('close', () => socket.close())
  socket.on('message', (message: Buffer) => {
    if (message[0] === 0) upstream.write(message.subarray(1))
  })
  socket.on('close', () => upstream.destroy())
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
      for (const length of [1, 125, 126, 300_000]) expect(await send(address, bytesOf(length))).toEqual(bytesOf(length))
      const several = await Promise.all([5, 6, 7].map((length) => send(address, bytesOf(length))))
      expect(several.map(({ length }) => length)).toEqual([5, 6, 7])
    })
    expect(paths).toHaveLength(7)
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
