/**
 * New connections: mutual TLS 1.3, one request, close; some at a time.
 * Arguments: JSON `{ port, connections, seconds, request, isResumed, servername, cert, key, ca }`, PEM texts.
 * `isResumed`: with the session of the first connection, which a full handshake makes; connections that the server does not resume are errors.
 */
import { connect, createSecureContext } from 'node:tls'
import { createAnswerReader } from './answers.js'
import { now, printResult } from './percentiles.js'

const { port, connections, seconds, request, isResumed, servername, cert, key, ca } = JSON.parse(process.argv[2])
const secureContext = createSecureContext({ cert, key, ca, minVersion: 'TLSv1.3' })
const latencies = []
let errors = 0
let running = true
let session

function open(onEnd) {
  const startedAt = now()
  const socket = connect({
    port,
    host: '127.0.0.1',
    secureContext,
    servername,
    ALPNProtocols: ['http/1.1'],
    checkServerIdentity: () => undefined,
    ...(isResumed && session ? { session } : {}),
  })
  let isOver = false
  const end = (isSuccess) => {
    if (isOver) return
    isOver = true
    latencies.push(now() - startedAt)
    if (!isSuccess) errors++
    socket.destroy()
    onEnd()
  }
  const read = createAnswerReader(
    (isSuccess) => end(isSuccess && (!isResumed || socket.isSessionReused())),
    () => end(false),
  )
  socket.on('session', (ticket) => (session = ticket))
  socket.on('secureConnect', () => socket.write(request, 'latin1'))
  socket.on('data', read)
  socket.on('error', () => end(false))
  socket.on('close', () => end(false))
}

function again() {
  if (running) open(again)
}

const start = () => {
  latencies.length = 0
  errors = 0
  const startedAt = now()
  for (let index = 0; index < connections; index++) again()
  setTimeout(() => {
    running = false
    printResult({ requests: latencies.length, seconds: (now() - startedAt) / 1000, errors, latencies })
  }, seconds * 1000)
}
// The first one makes the session, and is not counted.
open(start)
