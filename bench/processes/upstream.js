/**
 * The upstream where nginx is not installed: raw sockets and one fixed answer for each request head that comes in.
 * Arguments: file with the answer, ports.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const [file, ...ports] = process.argv.slice(2)
const answer = readFileSync(file, 'latin1')
const headEnd = '\r\n\r\n'

let listening = 0
for (const port of ports) {
  const server = createServer({ noDelay: true }, (socket) => {
    let rest = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1')
      let out = ''
      for (let end = rest.indexOf(headEnd); end >= 0; end = rest.indexOf(headEnd)) {
        rest = rest.slice(end + headEnd.length)
        out += answer
      }
      if (out !== '') socket.write(out, 'latin1')
    })
  })
  server.listen(Number(port), '127.0.0.1', () => {
    if (++listening === ports.length) process.stdout.write('listening\n')
  })
}
process.on('SIGTERM', () => process.exit(0))
