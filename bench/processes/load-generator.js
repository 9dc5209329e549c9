/**
 * The load where wrk is not installed: raw keep-alive sockets, the next request when the answer is complete.
 * Arguments: JSON `{ port, connections, seconds, request, bodyBytes }`. Prints JSON `{ requests, seconds, errors, p50Ms, p99Ms }`.
 */
import { connect } from 'node:net'
import { createAnswerReader } from './answers.js'
import { now, printResult } from './percentiles.js'

const { port, connections, seconds, request, bodyBytes } = JSON.parse(process.argv[2])
const message = Buffer.from(request + 'x'.repeat(bodyBytes), 'latin1')
const latencies = []
let errors = 0
let running = true

function open() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let sentAt = 0
  let failed = false
  const send = () => {
    sentAt = now()
    socket.write(message)
  }
  const fail = () => {
    if (failed || !running) return
    failed = true
    errors++
    socket.destroy()
    setTimeout(open, 10)
  }
  const read = createAnswerReader((isSuccess) => {
    latencies.push(now() - sentAt)
    if (!isSuccess) errors++
    if (running) send()
  }, fail)
  socket.on('connect', send)
  socket.on('error', fail)
  socket.on('close', fail)
  socket.on('data', read)
}

const startedAt = now()
for (let index = 0; index < connections; index++) open()
setTimeout(() => {
  running = false
  printResult({ requests: latencies.length, seconds: (now() - startedAt) / 1000, errors, latencies })
}, seconds * 1000)
