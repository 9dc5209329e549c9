/**
 * The load where wrk is not installed: raw keep-alive sockets, the next request when the answer is complete.
 * Arguments: JSON `{ port, connections, seconds, request }`. Prints JSON `{ requests, seconds, errors, p50Ms, p99Ms }`.
 */
import { connect } from 'node:net'

const { port, connections, seconds, request } = JSON.parse(process.argv[2])
const latencies = []
let errors = 0
let running = true

/** Length of the complete answer at the start of the text; 0: not complete yet; -1: not understood. */
function answerLength(text) {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return 0
  const match = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))
  if (!match) return -1
  const length = end + 4 + Number(match[1])
  return text.length >= length ? length : 0
}

function open() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let text = ''
  let sentAt = 0n
  let failed = false
  const send = () => {
    sentAt = process.hrtime.bigint()
    socket.write(request, 'latin1')
  }
  const fail = () => {
    if (failed || !running) return
    failed = true
    errors++
    socket.destroy()
    open()
  }
  socket.on('connect', send)
  socket.on('error', fail)
  socket.on('close', fail)
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    const length = answerLength(text)
    if (length === 0) return
    if (length < 0) return fail()
    latencies.push(Number(process.hrtime.bigint() - sentAt) / 1e6)
    if (!text.startsWith('HTTP/1.1 200')) errors++
    text = text.slice(length)
    if (running) send()
  })
}

const startedAt = process.hrtime.bigint()
for (let index = 0; index < connections; index++) open()
setTimeout(() => {
  running = false
  const elapsed = Number(process.hrtime.bigint() - startedAt) / 1e9
  latencies.sort((a, b) => a - b)
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  const result = { requests: latencies.length, seconds: elapsed, errors, p50Ms: at(0.5), p99Ms: at(0.99) }
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
}, seconds * 1000)
