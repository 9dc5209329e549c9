/** T54: more handshakes than a proxy can do. It may turn some away, but it goes on taking others, its probes are answered, and nothing stays. */
import { request } from 'node:http'
import { connect as connectTls } from 'node:tls'
import { delay } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import type { PartResult } from './memory-parts.js'
import { linesOf, rssOf, startProgram } from './proxy-process.js'

interface Started {
  readonly tls: number
  readonly health: number
  readonly certPem: string
  readonly keyPem: string
}

const probeEveryMs = 50
const callEveryMs = 200
/** Of a probe: as Kubernetes has it by default for most probes, more than once over. */
const longestProbeMs = 3000
const patienceMs = 15_000
const mebi = 1024 * 1024

export async function handshakes(perSecond: number, seconds: number): Promise<PartResult> {
  const proxy = startProgram('handshake-program.ts', [])
  const line = linesOf(proxy)
  const started = JSON.parse(await line()) as Started
  const clients = startProgram('handshake-clients.ts', [started.tls, perSecond, seconds].map(String))
  const report = linesOf(clients)()
  try {
    await call(started)
    const beforeBytes = rssOf(proxy.pid as number)
    clients.stdin?.write('go\n')
    const state = { isOver: false }
    const [probes, calls] = [sample(state, probeEveryMs, () => probe(started.health)), sample(state, callEveryMs, () => call(started))]
    const flood = JSON.parse(await report) as { offered: number; answered: number; ms: number }
    state.isOver = true
    const [probed, called] = [await probes, await calls]
    const grownBytes = rssOf(proxy.pid as number) - beforeBytes
    const isDrained = await drains(proxy, line)
    const isServing = await call(started).then(
      () => true,
      () => false,
    )
    const worstMs = Math.max(...probed.map((ms) => ms ?? Infinity))
    const good = called.filter((ms) => ms !== undefined).length
    return {
      part: 'handshakes',
      done: `${flood.offered} offered in ${(flood.ms / 1000).toFixed(0)} s, ${flood.answered} answered`,
      found: `probes ${probed.length}, longest ${worstMs.toFixed(0)} ms; whole calls beside them ${good} of ${called.length}; resident size +${(grownBytes / mebi).toFixed(0)} MiB${isDrained ? '' : '; connections stayed'}`,
      fine: worstMs < longestProbeMs && good > called.length / 2 && isDrained && isServing,
    }
  } finally {
    proxy.kill('SIGKILL')
    clients.kill('SIGKILL')
  }
}

/** Begins one each time, whether or not the one before has ended. @returns their times; undefined for those that failed. */
async function sample(state: { isOver: boolean }, everyMs: number, one: () => Promise<void>): Promise<readonly (number | undefined)[]> {
  const times: Promise<number | undefined>[] = []
  while (!state.isOver) {
    const startMs = systemClock.monotonicMs()
    times.push(
      one().then(
        () => systemClock.monotonicMs() - startMs,
        () => undefined,
      ),
    )
    await delay(systemClock, everyMs)
  }
  return Promise.all(times)
}

function probe(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, agent: false, timeout: patienceMs },
      (answer) => void answer.resume().on('end', resolve),
    )
    outgoing.on('error', reject).on('timeout', () => outgoing.destroy(new Error('no answer')))
    outgoing.end()
  })
}

/** A whole handshake with a request. */
function call({ tls: port, certPem, keyPem }: Started): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connectTls({ port, host: '127.0.0.1', cert: certPem, key: keyPem, rejectUnauthorized: false }, () =>
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    )
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')))
    socket.on('data', (data) => (text += data.toString('latin1')))
    socket.on('error', reject)
    socket.on('close', () => (text.endsWith('hello') ? resolve() : reject(new Error('not answered'))))
  })
}

/** Half-open handshakes have ten seconds. */
async function drains(proxy: ReturnType<typeof startProgram>, line: () => Promise<string>): Promise<boolean> {
  for (const endMs = systemClock.monotonicMs() + patienceMs; systemClock.monotonicMs() < endMs;) {
    proxy.stdin?.write('\n')
    if ((await line()) === '0') return true
    await delay(systemClock, 100)
  }
  return false
}
