/**
 * `node:http2` on both sides, without TLS, as its documentation leads one to write it, with what keeps it from falling over
 * when a client goes away. Arguments: port, upstream port.
 */
import { connect, constants, createServer } from 'node:http2'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const sessionCount = 2
const sessions = []
let turn = 0

function upstream() {
  const place = turn++ % sessionCount
  const known = sessions[place]
  if (known !== undefined && !known.closed && !known.destroyed) return known
  const session = connect(`http://127.0.0.1:${upstreamPort}`, { settings: { enablePush: false } })
  session.on('error', () => {})
  sessions[place] = session
  return session
}

const server = createServer({ settings: { maxConcurrentStreams: 1000 } })
server.on('sessionError', () => {})
server.on('stream', (client, headers, flags) => {
  const isBodiless = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
  const request = upstream().request(headers, { endStream: isBodiless })
  let trailers
  client.on('error', () => request.close(constants.NGHTTP2_CANCEL))
  client.on('aborted', () => request.close(constants.NGHTTP2_CANCEL))
  request.on('error', () => client.destroyed || client.close(constants.NGHTTP2_INTERNAL_ERROR))
  request.on('trailers', (fields) => (trailers = fields))
  request.on('response', (answer) => {
    if (client.destroyed) return request.close(constants.NGHTTP2_CANCEL)
    client.respond(answer, { waitForTrailers: true })
    client.on('wantTrailers', () => (trailers ? client.sendTrailers(trailers) : client.close()))
    request.pipe(client)
  })
  if (!isBodiless) client.pipe(request)
})
server.listen(port, '127.0.0.1', () => process.stdout.write('listening\n'))
process.on('SIGTERM', () => process.exit(0))
