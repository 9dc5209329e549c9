/** The order of bytes when texts wait for the end of the turn and other calls come in between. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { silentLogger } from '@heddle/base'
import { afterEach, expect, test } from 'vitest'
import { SocketChannel } from '../../src/transport/socket-channel.js'

const opened: { close(): void }[] = []
afterEach(() => {
  for (const item of opened.splice(0)) item.close()
})

/** A channel on one end of a connection, and all that the other end receives until the connection ends. */
async function pair(): Promise<{ channel: SocketChannel; received: Promise<string> }> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  opened.push(server)
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const [peer] = await accepted
  opened.push({ close: () => (socket.destroy(), peer.destroy()) })
  return { channel: new SocketChannel(socket, silentLogger, 'data'), received: read(peer) }
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
