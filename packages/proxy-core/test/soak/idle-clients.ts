/** Opens connections from several loopback addresses, sends one request on each, and keeps them: a process of its own for its files. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const [port = 0, count = 0] = process.argv.slice(2).map(Number)
/** Fewer than the ports that one address has. */
const perAddress = 5000

await once(process.stdin, 'data')
const sockets: Socket[] = []
let next = 0
async function lane(): Promise<void> {
  while (next < count) {
    const localAddress = `127.0.0.${2 + Math.floor(next++ / perAddress)}`
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    socket.on('error', () => {})
    socket.write('GET /5 HTTP/1.1\r\nHost: a\r\n\r\n')
    const answered = await Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)]).catch(() => false)
    if (answered) sockets.push(socket)
  }
}
await Promise.all(Array.from({ length: 64 }, lane))
process.stdout.write(`${sockets.filter((socket) => !socket.destroyed).length}\n`)
