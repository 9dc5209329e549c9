/**
 * Memory with the mesh's configuration: resident when idle, and the growth for each keep-alive connection that had one
 * request and is idle now, plaintext and mutual TLS. Every figure comes from a fresh process.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Bar, judge } from '../bars.js'
import type { Contender } from '../contender.js'
import { envoy } from '../contenders/envoy.js'
import { haproxy } from '../contenders/haproxy.js'
import { heddle } from '../contenders/heddle.js'
import { nginx } from '../contenders/nginx.js'
import { enter, type Grounds, onGrounds } from '../entrants.js'
import type { Form, RunOptions } from '../form.js'
import { chosen } from '../interleaved.js'
import { openIdle } from '../load/idle.js'
import { describeMachine } from '../machine.js'
import { type ContenderResult, median, rounded } from '../result.js'
import type { Running } from '../running.js'
import { http1Upstream } from '../upstream.js'

const contenders: readonly Contender[] = [heddle('mesh'), envoy('mesh'), nginx, haproxy]

const bars: readonly Bar[] = [
  { figure: 'rssMb', kind: 'below', limit: 1, rival: 'envoy mesh' },
  { figure: 'kbPerConnection', kind: 'below', limit: 1, rival: 'envoy mesh' },
  { figure: 'kbPerTlsConnection', kind: 'at-most', limit: 70 },
]

/** Until what the start and the last requests left behind has settled. */
const settleMs = 500

interface Growth {
  readonly version: string
  readonly baseMb: number
  readonly kbPerConnection: number
  readonly cpuMsPer1k: number
  readonly rps: number
  readonly errors: number
}

interface Sample {
  readonly plain: Growth
  readonly tls: Growth | undefined
}

export const memory: Form = {
  name: 'memory',
  summary: 'resident memory with the mesh configuration: idle, per idle HTTP/1.1 connection, per idle mTLS connection',
  contenders,
  run: (options) => {
    const upstream = http1Upstream()
    return onGrounds(upstream, async (grounds, started) => {
      const isPinned = grounds.cores.proxy !== undefined
      const machine = describeMachine({ isPinned, loadGenerator: 'own idle clients', upstream: upstream.name })
      const samples = new Map<Contender, Sample[]>()
      const rounds = options.memoryRounds
      for (let round = 0; round < rounds; round++) {
        for (const contender of chosen(contenders, options.only)) {
          options.onProgress(`round ${round + 1} of ${rounds}: ${contender.name}`)
          const sample = await sampleOf(contender, grounds, options, started)
          if (sample) samples.set(contender, [...(samples.get(contender) ?? []), sample])
        }
      }
      const figures = summarizeMemory(samples)
      const skipped = [...new Set(grounds.skipped)]
      return { machine, benchmark: 'memory', rounds, contenders: figures, bars: judge(bars, figures), skipped }
    })
  },
}

async function sampleOf(contender: Contender, grounds: Grounds, options: RunOptions, started: Running[]): Promise<Sample | undefined> {
  const plain = await growthOf(contender, 'plain', options.idleConnections, grounds, started)
  return plain && { plain, tls: await growthOf(contender, 'mtls-in', options.idleTlsConnections, grounds, started) }
}

async function growthOf(
  contender: Contender,
  wiring: 'plain' | 'mtls-in',
  connections: number,
  grounds: Grounds,
  started: Running[],
): Promise<Growth | undefined> {
  const entrant = await enter(contender, grounds, { protocol: 'http1', wiring }, started)
  if (!entrant) return undefined
  await wait(settleMs)
  const before = entrant.usage()
  const credentials = wiring === 'plain' ? undefined : grounds.credentials
  const idle = await openIdle({ core: grounds.cores.load, port: entrant.port, connections, credentials })
  await wait(settleMs)
  const after = entrant.usage()
  await idle.close()
  await entrant.stop()
  return {
    version: entrant.version,
    baseMb: before.rssBytes / 2 ** 20,
    kbPerConnection: (after.rssBytes - before.rssBytes) / 1024 / connections,
    cpuMsPer1k: (Number(after.cpuNs - before.cpuNs) / 1e6 / connections) * 1000,
    rps: connections / idle.seconds,
    errors: idle.errors,
  }
}

function summarizeMemory(samples: ReadonlyMap<Contender, readonly Sample[]>): readonly ContenderResult[] {
  const of = (contender: Contender, read: (sample: Sample) => number | null): number | null =>
    median((samples.get(contender) ?? []).map(read))
  const cpuOf = (name: string): number | null => {
    const contender = [...samples.keys()].find((each) => each.name === name)
    return contender ? of(contender, ({ plain }) => plain.cpuMsPer1k) : null
  }
  const [nginxCpu, envoyCpu] = [cpuOf('nginx'), cpuOf('envoy mesh')]
  return [...samples].map(([contender, rounds]) => {
    const cpuMsPer1k = of(contender, ({ plain }) => plain.cpuMsPer1k)
    return {
      name: contender.name,
      version: rounds[0]?.plain.version ?? '',
      duty: contender.duty,
      measure: 'idle',
      unit: 'connection',
      cpuMsPer1k: rounded(cpuMsPer1k, 2),
      xNginx: cpuMsPer1k !== null && nginxCpu ? rounded(cpuMsPer1k / nginxCpu, 2) : null,
      xEnvoy: cpuMsPer1k !== null && envoyCpu && contender.duty === 'mesh' ? rounded(cpuMsPer1k / envoyCpu, 2) : null,
      rps: Math.round(of(contender, ({ plain }) => plain.rps) ?? 0),
      p50Ms: null,
      p99Ms: null,
      rssMb: rounded(
        of(contender, ({ plain }) => plain.baseMb),
        1,
      ) as number,
      errors: rounds.reduce((sum, { plain, tls }) => sum + plain.errors + (tls?.errors ?? 0), 0),
      kbPerConnection: rounded(
        of(contender, ({ plain }) => plain.kbPerConnection),
        1,
      ),
      kbPerTlsConnection: rounded(
        of(contender, ({ tls }) => tls?.kbPerConnection ?? null),
        1,
      ),
    }
  })
}
