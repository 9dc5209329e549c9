/** What a proxy holds while much is asked of it: each part runs against a process of its own and says what it saw. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { delay } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { createSeededRandom } from '@heddle/base/testing'
import { linesOf, type ProxyProcess, startProgram, startProxyProcess } from './proxy-process.js'
import { drained, startHttpSoakUpstream, startTcpSoakUpstream } from './soak-upstream.js'

/** What a part found; `fine` judges it. */
export interface PartResult {
  readonly part: string
  readonly done: string
  readonly found: string
  readonly fine: boolean
}

const mebi = 1024 * 1024
const inMib = (bytes: number): string => `${(bytes / mebi).toFixed(1)} MiB`
const inKib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`

const dial = (port: number, host = '127.0.0.1'): Socket => {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true })
  socket.on('error', () => {})
  return socket
}

/** Runs `work` while the resident size is looked at. @returns the largest. */
async function watchingRss(proxy: ProxyProcess, work: Promise<unknown>): Promise<number> {
  let largest = proxy.rssBytes()
  let isOver = false
  const ended = work.finally(() => (isOver = true))
  while (!isOver) {
    await Promise.race([delay(systemClock, 20), ended])
    largest = Math.max(largest, proxy.rssBytes())
  }
  return largest
}

async function download(port: number, bytes: number): Promise<void> {
  const socket = dial(port)
  let left = bytes
  socket.write(`GET /${bytes} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  socket.on('data', (data: Buffer) => (left -= data.length))
  await once(socket, 'end')
  socket.destroy()
  if (left > 0) throw new Error(`${left} bytes of the answer are missing`)
}

const piece = Buffer.alloc(65_536, 'y')

async function upload(port: number, bytes: number): Promise<void> {
  const socket = dial(port)
  let answer = ''
  socket.on('data', (data: Buffer) => (answer += data.toString('latin1')))
  socket.write(`PUT /0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`)
  for (let left = bytes; left > 0; left -= piece.length) {
    if (!socket.write(left < piece.length ? piece.subarray(0, left) : piece) && !(await drained(socket))) break
  }
  await once(socket, 'end')
  socket.destroy()
  if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`the upload was answered with ${answer.slice(0, 40)}`)
}

async function echo(port: number, bytes: number): Promise<void> {
  const socket = dial(port)
  let received = 0
  socket.on('data', (data: Buffer) => (received += data.length))
  for (let left = bytes; left > 0; left -= piece.length) {
    if (!socket.write(left < piece.length ? piece.subarray(0, left) : piece) && !(await drained(socket))) break
  }
  socket.end()
  await once(socket, 'end')
  socket.destroy()
  if (received !== bytes) throw new Error(`${received} of ${bytes} bytes came back`)
}

/** `bytes` each way over HTTP, and there and back over TCP: the resident size stays where it is after the first 5 % (at most 256 MiB). */
export async function bulk(bytes: number): Promise<PartResult> {
  const warmUp = Math.min(Math.ceil(bytes / 20), 256 * mebi)
  const [http, tcp] = [await startHttpSoakUpstream(), await startTcpSoakUpstream()]
  const [overHttp, overTcp] = [await startProxyProcess(http.port), await startProxyProcess(tcp.port)]
  const growths: number[] = []
  try {
    for (const [proxy, work] of [
      [overHttp, (size: number) => download(overHttp.httpPort, size)],
      [overHttp, (size: number) => upload(overHttp.httpPort, size)],
      [overTcp, (size: number) => echo(overTcp.tcpPort, size)],
    ] as const) {
      for (let round = 0; round < 4; round++) await work(warmUp)
      const base = proxy.rssBytes()
      growths.push((await watchingRss(proxy, work(bytes))) - base)
    }
  } finally {
    await Promise.all([overHttp.close(), overTcp.close(), http.close(), tcp.close()])
  }
  const [down = 0, up = 0, there = 0] = growths
  return {
    part: 'bulk',
    done: `${inMib(bytes)} down, up, and there and back over TCP`,
    found: `resident size grew by ${inMib(down)}, ${inMib(up)}, ${inMib(there)} at most`,
    fine: growths.every((growth) => growth < 48 * mebi),
  }
}

/** Clients that ask for `bytes` each and read nothing: what waits for them is bounded, and they can be served afterwards. */
export async function slowReaders(count: number, bytes: number): Promise<PartResult> {
  const upstream = await startHttpSoakUpstream()
  const proxy = await startProxyProcess(upstream.port)
  try {
    await download(proxy.httpPort, mebi)
    const base = proxy.rssBytes()
    const sockets = Array.from({ length: count }, () => dial(proxy.httpPort))
    for (const socket of sockets) {
      socket.pause()
      socket.write(`GET /${bytes} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    }
    for (let sent = -1; sent !== upstream.sent();) {
      sent = upstream.sent()
      await delay(systemClock, 500)
    }
    const each = (proxy.rssBytes() - base) / count
    const left = upstream.sent() / count
    for (const socket of sockets.splice(20)) socket.destroy()
    const served = await Promise.all(
      sockets.map(async (socket) => {
        let received = 0
        socket.on('data', (data: Buffer) => (received += data.length))
        socket.resume()
        await once(socket, 'end')
        socket.destroy()
        return received > bytes
      }),
    )
    return {
      part: 'slow readers',
      done: `${count} clients that read nothing of ${inMib(bytes)} each`,
      found: `${inKib(each)} resident each (${inMib(left)} had left the upstream, most of it into the kernel); afterwards ${served.filter(Boolean).length} of ${served.length} had everything`,
      fine: each < 400 * 1024 && left < bytes && served.every(Boolean),
    }
  } finally {
    await Promise.all([proxy.close(), upstream.close()])
  }
}

/** Connections that had one request and then say nothing. */
export async function idle(count: number): Promise<PartResult> {
  const upstream = await startHttpSoakUpstream()
  const proxy = await startProxyProcess(upstream.port)
  const clients = startProgram('idle-clients.ts', [String(proxy.httpPort), String(count)])
  try {
    await download(proxy.httpPort, 1000)
    await proxy.holdings()
    const base = proxy.rssBytes()
    const line = linesOf(clients)
    clients.stdin?.write('go\n')
    const open = Number(await line())
    const { downstreamConnections } = await proxy.holdings()
    const each = (proxy.rssBytes() - base) / Math.max(open, 1)
    return {
      part: 'idle connections',
      done: `${open} connections after one request each`,
      found: `${inKib(each)} resident each; the proxy counts ${downstreamConnections}`,
      fine: open === count && downstreamConnections >= count && (count < 2000 || each < 20 * 1024),
    }
  } finally {
    clients.kill('SIGKILL')
    await Promise.all([proxy.close(), upstream.close()])
  }
}

const aborted = [
  'GET /hang HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /100000 HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /5 HTTP/1.1\r\nHost: a\r\n\r\nGET /hang HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\r\nHos',
  'PUT /5 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf',
  'PUT /5 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel',
  'BAD\r\n\r\n',
]

/** Clients that leave in the middle of a request, by FIN or RST, at any time: everything is given back. */
export async function aborts(count: number): Promise<PartResult> {
  const upstream = await startHttpSoakUpstream()
  const proxy = await startProxyProcess(upstream.port)
  const random = createSeededRandom(4)
  const abortOne = async (): Promise<void> => {
    const socket = dial(proxy.httpPort)
    await once(socket, 'connect').catch(() => {})
    socket.write(aborted[Math.floor(random.next() * aborted.length)] as string)
    const turns = Math.floor(random.next() * 4)
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => void setImmediate(resolve))
    if (random.next() < 0.7) socket.resetAndDestroy()
    else socket.destroy()
    if (!socket.closed) await once(socket, 'close').catch(() => {})
  }
  const run = async (total: number): Promise<void> => {
    let left = total
    const lane = async (): Promise<void> => {
      while (left-- > 0) await abortOne()
    }
    await Promise.all(Array.from({ length: 32 }, lane))
    await quiet(proxy)
  }
  try {
    await run(Math.min(Math.max(Math.ceil(count / 10), 200), 20_000))
    const before = await proxy.holdings()
    const rssBefore = proxy.rssBytes()
    await run(count)
    const after = await proxy.holdings()
    const grown = after.heapBytes - before.heapBytes
    return {
      part: 'aborts',
      done: `${count} requests that their client left`,
      found:
        `files ${before.fds} -> ${after.fds}, handles ${before.handles} -> ${after.handles}, requests ${after.activeRequests}, ` +
        `heap ${inMib(before.heapBytes)} -> ${inMib(after.heapBytes)}, resident ${inMib(rssBefore)} -> ${inMib(proxy.rssBytes())}`,
      // Pooled connections of the last requests may be more or fewer.
      fine:
        after.activeRequests === 0 &&
        after.downstreamConnections === 0 &&
        Math.abs(after.fds - after.upstreamConnections - (before.fds - before.upstreamConnections)) <= 1 &&
        grown < 2 * mebi,
    }
  } finally {
    await Promise.all([proxy.close(), upstream.close()])
  }
}

/** Until nobody is connected and nothing is asked for any more, or three seconds. */
async function quiet(proxy: ProxyProcess): Promise<void> {
  for (let round = 0; round < 30; round++) {
    await delay(systemClock, 100)
    const { downstreamConnections, activeRequests } = await proxy.holdings()
    if (downstreamConnections + activeRequests === 0) return
  }
}

/**
 * The time that a proxy with idle connections takes while nothing happens.
 * @param settleSeconds before that: V8 collects garbage twice in the first minute of idleness, and after 60 s the pool's connections end.
 */
export async function idleTime(seconds: number, connections: number, settleSeconds: number): Promise<PartResult> {
  const upstream = await startHttpSoakUpstream()
  const proxy = await startProxyProcess(upstream.port)
  try {
    const sockets = Array.from({ length: connections }, () => dial(proxy.httpPort))
    for (const socket of sockets) socket.write('GET /5 HTTP/1.1\r\nHost: a\r\n\r\n')
    await Promise.all(sockets.map((socket) => once(socket, 'data')))
    await proxy.holdings()
    await delay(systemClock, settleSeconds * 1000)
    const before = proxy.cpuTicks()
    await delay(systemClock, seconds * 1000)
    const ticks = proxy.cpuTicks() - before
    for (const socket of sockets) socket.destroy()
    return {
      part: 'idle time',
      done: `${seconds} s with ${connections} idle connections, ${settleSeconds} s after their requests`,
      found: `${ticks} CPU ticks of 10 ms`,
      fine: ticks <= Math.ceil(seconds / 30),
    }
  } finally {
    await Promise.all([proxy.close(), upstream.close()])
  }
}
