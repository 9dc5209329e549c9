/** `socket.pipe` in both directions. Arguments: port, upstream port. */
import { connect, createServer } from 'node:net'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const upstream = connect({ port: upstreamPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  client.pipe(upstream).pipe(client)
  client.on('error', () => upstream.destroy())
  client.on('close', () => upstream.destroy())
  upstream.on('error', () => client.destroy())
  upstream.on('close', () => client.destroy())
})
server.listen(port, '127.0.0.1', () => process.stdout.write('listening\n'))
process.on('SIGTERM', () => process.exit(0))
