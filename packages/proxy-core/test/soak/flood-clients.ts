/**
 * Clients of HTTP/2 that flood: each connection sends one shot of frames that no client has reason to send, and is then to be
 * ended by the proxy; the next one takes its place. A process of its own, so that the time it takes is not the neighbour's.
 *
 * `flood-clients.ts PORT KIND CONNECTIONS SECONDS LANES` prints `{ ended, stuck }` when so many connections are over, and so much time.
 */
import { connect, type Socket } from 'node:net'
import { systemClock } from '@heddle/base/node'
import { block, frame, get, preface } from '../integration/http2-peers.js'
import type { FloodKind } from './flood-part.js'

const [port, kind, connections, seconds, lanes] = process.argv.slice(2)
/** After which a connection that still stands counts as one that nothing ends. */
const patienceMs = 15_000
/** For those that only hold what they are given. */
const holdMs = 500
const probeEveryMs = 50

const u32 = (value: number): Buffer => Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
const many = (count: number, make: (at: number) => Buffer): Buffer => Buffer.concat(Array.from({ length: count }, (_, at) => make(at)))
const headers = (at: number, path: string, flags: number): Buffer => frame(1, flags, at * 2 + 1, block(get(path)))
const upload = (path: string): Buffer => frame(1, 4, 1, block([[':method', 'PUT'], ...get(path).slice(1)]))
const setting = (id: number, value: number): Buffer => frame(4, 0, 0, Buffer.concat([Buffer.from([0, id]), u32(value)]))

interface Shot {
  readonly bytes: () => Buffer
  readonly reads?: boolean
  /** What it holds is bounded, so that nobody has to end it. */
  readonly mayStay?: boolean
}

const shots: Readonly<Record<FloodKind, Shot>> = {
  resets: { bytes: () => many(2000, (at) => Buffer.concat([headers(at, '/hang', 5), frame(3, 0, at * 2 + 1, u32(8))])) },
  continuation: { bytes: () => Buffer.concat([frame(1, 1, 1, block(get())), many(2000, () => frame(9, 0, 1, block([['x', 'y']])))]) },
  ping: { bytes: () => many(200_000, () => frame(6, 0, 0, Buffer.alloc(8))), reads: false },
  settings: { bytes: () => many(2000, (at) => setting(1, at % 2 === 0 ? 0 : 4096)) },
  'empty-data': { bytes: () => Buffer.concat([upload('/hang'), many(2000, () => frame(0, 0, 1))]) },
  'window-updates': { bytes: () => many(2000, () => frame(8, 0, 0, u32(1))) },
  'unread-answers': {
    bytes: () => Buffer.concat([setting(4, 0x7fffffff), frame(8, 0, 0, u32(0x70000000)), many(100, (at) => headers(at, '/1048576', 5))]),
    reads: false,
    mayStay: true,
  },
}

const shot = shots[kind as FloodKind]
const bytes = Buffer.concat([Buffer.from(preface), frame(4, 0, 0), shot.bytes()])
const counts = { ended: 0, stuck: 0 }
let begun = 0
const endMs = systemClock.monotonicMs() + Number(seconds) * 1000

/** @returns whether the proxy ended it. */
function shoot(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
    let isOurs = false
    const timer = systemClock.setTimer(
      shot.mayStay === true ? holdMs : patienceMs,
      () => {
        isOurs = true
        socket.destroy()
      },
      { keepAlive: true },
    )
    if (shot.reads === false) socket.pause()
    else socket.resume()
    if (shot.reads === false) probe(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      timer.cancel()
      resolve(!isOurs || shot.mayStay === true)
    })
    socket.write(bytes)
  })
}

/** Who does not read hears of the connection's end by writing only. */
function probe(socket: Socket): void {
  if (socket.destroyed) return
  socket.write(frame(6, 0, 0, Buffer.alloc(8)))
  systemClock.setTimer(probeEveryMs, () => probe(socket))
}

async function lane(): Promise<void> {
  while (begun < Number(connections) || systemClock.monotonicMs() < endMs) {
    begun++
    if (await shoot()) counts.ended++
    else counts.stuck++
  }
}

await Promise.all(Array.from({ length: Number(lanes) }, lane))
process.stdout.write(`${JSON.stringify(counts)}\n`)
process.exit(0)
