/**
 * Behind TCP proxies. The first byte of a connection chooses: `B` is answered with bytes without end, after `E` everything
 * comes back. Arguments: ports.
 */
import { createServer } from 'node:net'

const ports = process.argv.slice(2).map(Number)
const block = Buffer.alloc(1 << 18, 'b')

function serve(socket) {
  socket.on('error', () => {})
  socket.once('data', (first) => {
    if (first[0] === 0x42) return pour(socket)
    if (first.length > 1) socket.write(first.subarray(1))
    socket.on('data', (chunk) => socket.write(chunk))
  })
}

function pour(socket) {
  const more = () => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', more)
  more()
}

let listening = 0
for (const port of ports) {
  createServer({ noDelay: true }, serve).listen(port, '127.0.0.1', () => {
    if (++listening === ports.length) process.stdout.write('listening\n')
  })
}
process.on('SIGTERM', () => process.exit(0))
