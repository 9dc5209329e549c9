/**
 * Behind HTTP/2 proxies, without TLS: 1 KB of JSON for every request; a gRPC call gets a message of 1 KB and its status in
 * trailers. Arguments: ports.
 */
import { createServer } from 'node:http2'

const ports = process.argv.slice(2).map(Number)
const text = JSON.stringify({ text: 'x'.repeat(1024 - '{"text":""}'.length) })
const frame = Buffer.alloc(5 + 1024, 'm')
frame.writeUInt8(0, 0)
frame.writeUInt32BE(1024, 1)
const json = {
  ':status': 200,
  'content-type': 'application/json',
  'content-length': text.length,
  'x-app': 'bench',
  'x-app-version': 'v1',
  'cache-control': 'no-cache',
}

function serve(stream, headers) {
  stream.on('error', () => {})
  stream.resume()
  if (headers['content-type'] !== 'application/grpc') {
    stream.respond(json)
    stream.end(text)
    return
  }
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': '' }))
  stream.end(frame)
}

let listening = 0
for (const port of ports) {
  const server = createServer({ settings: { maxConcurrentStreams: 1000 } })
  server.on('stream', serve)
  server.on('sessionError', () => {})
  server.listen(port, '127.0.0.1', () => {
    if (++listening === ports.length) process.stdout.write('listening\n')
  })
}
process.on('SIGTERM', () => process.exit(0))
