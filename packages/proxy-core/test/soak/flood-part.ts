/** Floods of HTTP/2 at an edge: every connection that floods is ended, nothing of it stays, and a neighbour hardly notices. */
import { once } from 'node:events'
import { delay } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { http2Client, request } from '../integration/http2-peers.js'
import type { PartResult } from './memory-parts.js'
import { linesOf, type ProxyProcess, startProgram, startProxyProcess } from './proxy-process.js'
import { startHttpSoakUpstream } from './soak-upstream.js'

/** Rows H1, H9, H13, H14, empty DATA, WINDOW_UPDATE, and H26 without an end. */
export const floodKinds = ['resets', 'continuation', 'ping', 'settings', 'empty-data', 'window-updates', 'unread-answers'] as const
export type FloodKind = (typeof floodKinds)[number]

export interface FloodOptions {
  /** Of each kind, at least. */
  readonly connections: number
  /** Of each kind, at least. */
  readonly seconds: number
  /** That 99 of 100 of the neighbour's requests have to stay below; undefined: only whether they are answered. */
  readonly maxP99Ms?: number
}

const lanes = 4
const mebi = 1024 * 1024
/** What garbage collection leaves. */
const maxGrowth = 4 * mebi

interface Flooded {
  readonly kind: FloodKind
  readonly ended: number
  readonly stuck: number
  readonly timesMs: readonly number[]
  readonly grownBytes: number
  readonly left: number
}

export async function floods({ connections, seconds, maxP99Ms = Infinity }: FloodOptions): Promise<PartResult> {
  const upstream = await startHttpSoakUpstream()
  const proxy = await startProxyProcess(upstream.port)
  try {
    // The first of each kind leaves compiled code behind.
    for (const kind of floodKinds) await flood(proxy, kind, lanes, 0)
    const all: Flooded[] = []
    for (const kind of floodKinds) all.push(await flood(proxy, kind, connections, seconds))
    const isFine = ({ stuck, timesMs, grownBytes, left }: Flooded): boolean =>
      stuck === 0 && left === 0 && timesMs.length > 0 && p99Of(timesMs) < maxP99Ms && grownBytes < maxGrowth
    return {
      part: 'floods',
      done: all.map(({ kind, ended }) => `${kind} ${ended}`).join(', '),
      found: all.map(describe).join('; '),
      fine: all.every(isFine),
    }
  } finally {
    await Promise.all([proxy.close(), upstream.close()])
  }
}

const p99Of = (timesMs: readonly number[]): number =>
  timesMs.toSorted((one, other) => one - other)[Math.floor(timesMs.length * 0.99)] ?? Infinity

function describe({ kind, stuck, timesMs, grownBytes, left }: Flooded): string {
  const words = [`neighbour's p99 ${p99Of(timesMs).toFixed(1)} ms of ${timesMs.length}`, `heap +${(grownBytes / mebi).toFixed(1)} MiB`]
  if (stuck > 0) words.push(`${stuck} not ended`)
  if (left > 0) words.push(`${left} requests left`)
  return `${kind} ${words.join(', ')}`
}

async function flood(proxy: ProxyProcess, kind: FloodKind, connections: number, seconds: number): Promise<Flooded> {
  const before = await proxy.holdings()
  const state = { isOver: false }
  const clients = startProgram('flood-clients.ts', [String(proxy.edgePort), kind, ...[connections, seconds, lanes].map(String)])
  const [report, exited] = [linesOf(clients)(), once(clients, 'exit')]
  const neighbour = ask(proxy.edgePort, state)
  const { ended, stuck } = JSON.parse(await report) as { ended: number; stuck: number }
  state.isOver = true
  const timesMs = await neighbour
  await exited
  const after = await settled(proxy)
  return { kind, ended, stuck, timesMs, grownBytes: after.heapBytes - before.heapBytes, left: after.activeRequests }
}

/** One request after the other on a connection of its own. @returns their times. */
async function ask(port: number, state: { readonly isOver: boolean }): Promise<readonly number[]> {
  let session = http2Client(port)
  // Its connection is there before the flood.
  await request(session, { ':path': '/1' })
  const timesMs: number[] = []
  while (!state.isOver) {
    // An edge takes no more than so many requests on one connection.
    if (session.closed) session = http2Client(port)
    const startMs = systemClock.monotonicMs()
    const { headers } = await request(session, { ':path': '/1' })
    if (Number(headers[':status']) !== 200) throw new Error(`a neighbour was answered with ${String(headers[':status'])}`)
    timesMs.push(systemClock.monotonicMs() - startMs)
    await delay(systemClock, 5)
  }
  session.close()
  return timesMs
}

/** Connections that have ended are let go within some seconds. */
async function settled(proxy: ProxyProcess): ReturnType<ProxyProcess['holdings']> {
  for (let look = 0; ; look++) {
    const holdings = await proxy.holdings()
    if (look === 50 || (holdings.downstreamConnections === 0 && holdings.activeRequests === 0)) return holdings
    await delay(systemClock, 100)
  }
}
