/** The order of bytes when texts wait for the end of the turn and other calls come in between. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createSecureServer, connect as connectSecure, type TLSSocket } from 'node:tls'
import { silentLogger } from '@heddle/base'
import { createTestCa } from '@heddle/ca/testing'
import { expect, test } from 'vitest'
import { stockBufferBytes, takeBuffer } from '../../src/body/buffer-stock.js'
import { SocketChannel } from '../../src/transport/socket-channel.js'
import { keepOpen } from '../keep-open.js'

const keep = keepOpen()

/** A channel on one end of a connection, and all that the other end receives until the connection ends. */
async function pair(): Promise<{ channel: SocketChannel; peer: Socket; received: Promise<string> }> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  keep(server)
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const [peer] = await accepted
  keep({ close: () => (socket.destroy(), peer.destroy()) })
  return { channel: new SocketChannel(socket, silentLogger, 'data'), peer, received: read(peer) }
}

async function read(peer: Socket): Promise<string> {
  let text = ''
  peer.on('data', (data) => (text += data.toString('latin1')))
  await once(peer, 'end')
  return text
}

test('texts and bytes arrive in the order in which they were written', async () => {
  const { channel, received } = await pair()
  channel.writeText('one ')
  channel.writeText('two ')
  channel.writeBytes(Buffer.from('three '), 0, 6)
  channel.writeText('four')
  channel.end()
  expect(await received).toBe('one two three four')
})

test('over TLS a text and the bytes right behind it are two writes, one after the other', async () => {
  const { certPem: cert, keyPem: key } = createTestCa().issue('spiffe://cluster.local/ns/default/sa/a')
  const server = createSecureServer({ cert, key })
  server.listen(0, '127.0.0.1')
  keep(server)
  await once(server, 'listening')
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>
  const socket = connectSecure({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', rejectUnauthorized: false })
  const [peer] = await accepted
  keep({ close: () => (socket.destroy(), peer.destroy()) })
  const received = read(peer)
  const channel = new SocketChannel(socket, silentLogger, 'data')
  const big = Buffer.alloc(100_000, 'b')
  for (let round = 0; round < 3; round++) {
    channel.writeText('text ')
    channel.writeBytes(big, 0, big.length)
  }
  channel.end()
  expect((await received).replaceAll(/b+/g, 'b')).toBe('text btext btext b')
})

test('what was written before destroy still reaches the peer', async () => {
  const { channel, received } = await pair()
  channel.writeText('HTTP/1.1 400 Bad Request\r\n\r\n')
  channel.destroy()
  expect(await received).toBe('HTTP/1.1 400 Bad Request\r\n\r\n')
})

test('waiting text counts as pending, and a released socket has it before anything that its next owner writes', async () => {
  const { channel, received } = await pair()
  channel.writeText('before ')
  expect(channel.pendingBytes).toBe(7)
  const socket = channel.release()
  socket.end('after')
  expect(await received).toBe('before after')
})

test('more text than may wait is written at once and asks for back-pressure', async () => {
  const { channel, received } = await pair()
  const big = 'x'.repeat(8 * 1024 * 1024)
  expect(channel.writeText(big)).toBe(false)
  expect(channel.writeText('end')).toBe(false)
  channel.end()
  expect((await received).length).toBe(big.length + 3)
})

test('what the kernel did not take goes out before everything written later, and then the writer may go on', async () => {
  const { channel, received } = await pair()
  const drained = new Promise<void>((resolve) => {
    channel.handler = { onData: () => {}, onEnd: () => {}, onClose: () => {}, onDrain: resolve }
  })
  const big = 'x'.repeat(8 * 1024 * 1024)
  channel.writeText(big)
  expect(channel.pendingBytes).toBeGreaterThanOrEqual(big.length)
  channel.writeBytes(Buffer.from(' bytes '), 0, 7)
  channel.writeText('text')
  await drained
  expect(channel.pendingBytes).toBeLessThan(100)
  channel.end()
  expect((await received).slice(big.length)).toBe(' bytes text')
})

test('a buffer that was given away comes back to the stock only when all of it is sent', async () => {
  const { channel, peer } = await pair()
  peer.pause()
  for (let round = 0; round < 200; round++) {
    const buffer = takeBuffer().fill(round)
    channel.giveBytes(buffer, buffer.length - round)
  }
  peer.resume()
  const counts = new Map<number, number>()
  peer.on('data', (data) => {
    for (const byte of data) counts.set(byte, (counts.get(byte) ?? 0) + 1)
  })
  channel.end()
  await once(peer, 'end')
  expect([...counts].map(([byte, count]) => [byte, stockBufferBytes - count])).toEqual(
    Array.from({ length: 200 }, (_, round) => [round, round]),
  )
})

test('a write that the peer has cut off ends the channel', async () => {
  const { channel, peer } = await pair()
  const closed = new Promise<Error | undefined>((resolve) => {
    channel.handler = { onData: () => {}, onEnd: () => {}, onClose: resolve, onDrain: () => {} }
  })
  channel.writeText('x'.repeat(8 * 1024 * 1024))
  peer.resetAndDestroy()
  expect(((await closed) as NodeJS.ErrnoException).code).toMatch(/^(ECONNRESET|EPIPE)$/)
})
