/**
 * HTTP/2 load where h2load is not installed: each connection holds so many streams open.
 * Arguments: JSON `{ port, connections, streams, seconds, headers, body }`.
 */
import { connect } from 'node:http2'
import { now, printResult } from './percentiles.js'

const { port, connections, streams, seconds, headers, body } = JSON.parse(process.argv[2])
const message = Buffer.from(body, 'base64')
const latencies = []
let errors = 0
let running = true

function request(session) {
  if (!running || session.closed || session.destroyed) return
  const sentAt = now()
  let status = 0
  let isOver = false
  const end = (isSuccess) => {
    if (isOver || !running) return
    isOver = true
    latencies.push(now() - sentAt)
    if (!isSuccess) errors++
    request(session)
  }
  const stream = session.request(headers, { endStream: message.length === 0 })
  stream.on('response', (fields) => (status = fields[':status']))
  stream.on('error', () => end(false))
  stream.on('end', () => end(status === 200))
  stream.resume()
  if (message.length > 0) stream.end(message)
}

function open() {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => errors++)
  session.on('connect', () => {
    for (let index = 0; index < streams; index++) request(session)
  })
}

const startedAt = now()
for (let index = 0; index < connections; index++) open()
setTimeout(() => {
  running = false
  printResult({ requests: latencies.length, seconds: (now() - startedAt) / 1000, errors, latencies })
}, seconds * 1000)
