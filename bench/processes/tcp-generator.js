/**
 * Load on TCP. `bulk`: every connection reads what it gets; a request is 1 MB (10^6 bytes) read. `echo`: every connection
 * sends 64 bytes when the last ones came back; a request is one such message.
 * Arguments: JSON `{ port, connections, seconds, kind, messageBytes }`.
 */
import { connect } from 'node:net'
import { now, printResult } from './percentiles.js'

const { port, connections, seconds, kind, messageBytes } = JSON.parse(process.argv[2])
const message = Buffer.alloc(messageBytes ?? 0, 'e')
const latencies = []
let errors = 0
let bytes = 0
let messages = 0
let running = true

const sink = Buffer.allocUnsafe(1 << 18)
function bulk() {
  const onread = { buffer: sink, callback: (count) => ((bytes += count), true) }
  return connect({ port, host: '127.0.0.1', onread }, function () {
    this.write('B')
  })
}

function echo() {
  let sentAt = 0
  let missing = 0
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
    socket.write('E')
    send()
  })
  const send = () => {
    sentAt = now()
    missing = messageBytes
    socket.write(message)
  }
  socket.on('data', (chunk) => {
    missing -= chunk.length
    if (missing > 0) return
    messages++
    latencies.push(now() - sentAt)
    if (running) send()
  })
  return socket
}

const startedAt = now()
for (let index = 0; index < connections; index++) {
  const socket = kind === 'bulk' ? bulk() : echo()
  let isLost = false
  const lose = () => {
    if (running && !isLost) errors++
    isLost = true
  }
  socket.on('error', lose)
  socket.on('close', lose)
}
setTimeout(() => {
  running = false
  printResult({ requests: kind === 'bulk' ? bytes / 1e6 : messages, seconds: (now() - startedAt) / 1000, errors, latencies })
}, seconds * 1000)
