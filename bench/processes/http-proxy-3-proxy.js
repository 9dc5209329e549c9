/** `http-proxy-3` with a keep-alive agent. Arguments: port, upstream port. */
import { Agent } from 'node:http'
import { createProxyServer } from 'http-proxy-3'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const proxy = createProxyServer({ target: `http://127.0.0.1:${upstreamPort}`, agent })
proxy.on('error', (_error, _request, response) => {
  if (!response.headersSent) response.writeHead?.(502)
  response.end()
})
proxy.listen(port, '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
