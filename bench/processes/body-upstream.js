/** Reads each request's body to its end, then answers with 1 MiB. Arguments: ports. */
import { createServer } from 'node:http'

const ports = process.argv.slice(2).map(Number)
const body = Buffer.alloc(1 << 20, 'd')

let listening = 0
for (const port of ports) {
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length })
      response.end(body)
    })
  })
  server.listen(port, '127.0.0.1', () => {
    if (++listening === ports.length) process.stdout.write('listening\n')
  })
}
process.on('SIGTERM', () => process.exit(0))
