/**
 * Open loop: requests leave at a constant rate whether answers come or not, and each one's latency counts from the time at
 * which it should have left, so a proxy that stalls cannot hide the requests that waited meanwhile. A thread that sleeps
 * between sends keeps the beat: timers of Node's event loop know whole milliseconds only, and spinning would take the
 * upstream's core.
 * Arguments: JSON `{ port, connections, rate, seconds, request }`; `ID` in the request is replaced by its number.
 */
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { createAnswerReader } from './answers.js'
import { now, printResult } from './percentiles.js'

if (isMainThread) generate(JSON.parse(process.argv[2]))
else beat(workerData)

function beat({ periodMs, count }) {
  const never = new Int32Array(new SharedArrayBuffer(4))
  const startedAt = now() + 50
  for (let index = 0; index < count; index++) {
    const left = startedAt + index * periodMs - now()
    if (left > 0) Atomics.wait(never, 0, 0, left)
    parentPort.postMessage(startedAt + index * periodMs)
  }
}

function generate({ port, connections, rate, seconds, request }) {
  const [before, after] = request.split('ID')
  const count = Math.round(rate * seconds)
  const latencies = []
  const idle = []
  const due = []
  let errors = 0
  let sent = 0
  let isOver = false

  const send = (connection) => {
    connection.intendedAt = due.shift()
    connection.socket.write(`${before}${sent++}${after}`, 'latin1')
  }
  const open = (onOpen) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const connection = { socket, intendedAt: 0 }
    let isClosed = false
    const fail = () => {
      if (isClosed || isOver) return
      isClosed = true
      socket.destroy()
      errors++
      const place = idle.indexOf(connection)
      if (place >= 0) idle.splice(place, 1)
      setTimeout(open, 10)
    }
    const free = () => {
      if (due.length > 0) send(connection)
      else idle.push(connection)
    }
    const read = createAnswerReader((isSuccess) => {
      latencies.push(now() - connection.intendedAt)
      if (!isSuccess) errors++
      free()
      if (latencies.length === count) finish()
    }, fail)
    socket.on('connect', () => {
      free()
      onOpen?.()
    })
    socket.on('error', fail)
    socket.on('close', fail)
    socket.on('data', read)
  }
  let startedAt = 0
  const finish = () => {
    if (isOver) return
    isOver = true
    // What was not answered a second after the end never will be in time.
    printResult({ requests: latencies.length, seconds: (now() - startedAt) / 1000, errors: errors + count - latencies.length, latencies })
  }
  const start = () => {
    startedAt = now()
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { periodMs: 1000 / rate, count } })
    worker.on('message', (intendedAt) => {
      due.push(intendedAt)
      const connection = idle.shift()
      if (connection !== undefined) send(connection)
    })
    worker.on('exit', () => setTimeout(finish, 1000))
  }
  let opened = 0
  for (let index = 0; index < connections; index++) open(() => ++opened === connections && start())
}
