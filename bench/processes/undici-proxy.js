/**
 * What a good Node programmer writes in an afternoon: `node:http` towards clients, undici's dispatch towards the upstream.
 * Arguments: port, upstream port.
 */
import { createServer } from 'node:http'
import { Pool } from 'undici'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 64, pipelining: 1 })
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'proxy-connection'])

/** Hop-by-hop headers end here, in both directions. */
function endToEnd(rawHeaders) {
  const headers = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toString('latin1')
    if (!hopByHop.has(name.toLowerCase())) headers.push(name, rawHeaders[at + 1].toString('latin1'))
  }
  return headers
}

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
  pool.dispatch(
    { path: request.url, method: request.method, headers: endToEnd(request.rawHeaders), body: hasBody ? request : null },
    {
      onConnect() {},
      onHeaders(status, rawHeaders, resume) {
        if (status < 200) return true
        response.writeHead(status, endToEnd(rawHeaders))
        response.on('drain', resume)
        return true
      },
      onData: (chunk) => response.write(chunk),
      onComplete: () => void response.end(),
      onError() {
        if (!response.headersSent) response.writeHead(502)
        response.end()
      },
    },
  )
})
server.listen(port, '127.0.0.1', () => process.stdout.write('listening\n'))
process.on('SIGTERM', () => process.exit(0))
