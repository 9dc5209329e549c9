/**
 * Connections that stay: one request on each, then nothing. Prints `ready` when all have their answers, and ends when its
 * standard input does.
 * Arguments: JSON `{ port, connections, request, servername, cert, key, ca }`; with `ca`, mutual TLS.
 */
import { connect } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import { createAnswerReader } from './answers.js'

const { port, connections, request, servername, cert, key, ca } = JSON.parse(process.argv[2])
const atATime = 32
const secureContext = ca && createSecureContext({ cert, key, ca })
const host = '127.0.0.1'
let opened = 0
let answered = 0
let errors = 0

function dial(onOpen) {
  if (!secureContext) return connect({ port, host, noDelay: true }, onOpen)
  const checkServerIdentity = () => undefined
  return connectTls({ port, host, secureContext, servername, ALPNProtocols: ['http/1.1'], checkServerIdentity }, onOpen)
}

function open() {
  if (opened === connections) return
  opened++
  let isOver = false
  const end = (isSuccess) => {
    if (isOver) return
    isOver = true
    answered++
    if (!isSuccess) errors++
    if (answered === connections) process.stdout.write(`ready ${errors}\n`)
    else open()
  }
  const socket = dial(() => socket.write(request, 'latin1'))
  socket.on(
    'data',
    createAnswerReader(end, () => end(false)),
  )
  socket.on('error', () => end(false))
  socket.on('close', () => end(false))
}

for (let index = 0; index < atATime; index++) open()
process.stdin.on('end', () => process.exit(0))
process.stdin.resume()
