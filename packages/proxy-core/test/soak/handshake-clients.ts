/**
 * Offers so many handshakes a second and finishes none: each is a ClientHello that was recorded once, for which the server does all of its
 * work up to the answer, which is not looked at. A process of its own, since real handshakes would cost the client as much as the server.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

const [port = 0, perSecond = 0, seconds = 0] = process.argv.slice(2).map(Number)
const counts = { offered: 0, answered: 0 }
const tickMs = 10

const hello = await recordHello()
await once(process.stdin, 'data')
const startMs = performance.now()
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startMs
    const due = Math.min(perSecond * seconds, Math.floor((elapsedMs / 1000) * perSecond))
    while (counts.offered < due) offer()
    if (counts.offered < perSecond * seconds) return
    clearInterval(timer)
    resolve()
  }, tickMs)
})
process.stdout.write(`${JSON.stringify({ ...counts, ms: Math.round(performance.now() - startMs) })}\n`)
process.exit(0)

function offer(): void {
  // Several addresses: one has too few ports for those that wait to be forgotten.
  const localAddress = `127.0.0.${2 + (counts.offered++ % 16)}`
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.write(hello)
  socket.once('data', () => {
    counts.answered++
    socket.resetAndDestroy()
  })
  socket.on('error', () => {})
}

async function recordHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connectTls({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', rejectUnauthorized: false })
  client.on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  server.close()
  return bytes
}
