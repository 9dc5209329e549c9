/**
 * HTTP/1.1 to HTTP/1.1, 64 keep-alive connections, 1 KB answers. Contenders run side by side and are loaded in turn,
 * each round in another order, so that a disturbance of the machine meets them all.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Contender } from './contender.js'
import { envoy } from './contenders/envoy.js'
import { haproxy } from './contenders/haproxy.js'
import { heddle } from './contenders/heddle.js'
import { nginx, nginxUpstream, nginxVersion } from './contenders/nginx.js'
import { undici } from './contenders/undici.js'
import { chooseLoadGenerator, type LoadGenerator } from './load.js'
import { chooseCores, type Cores, describeMachine } from './machine.js'
import { usageOf } from './process-tree.js'
import { type BenchmarkResult, type Measured, type Round, summarize } from './result.js'
import { freePorts, pinned, run, type Running } from './running.js'

export interface H1Options {
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Names of the contenders that take part; empty: all. */
  readonly only: readonly string[]
  onProgress(line: string): void
}

const everybody: readonly Contender[] = [heddle('bare'), heddle('mesh'), undici, nginx, haproxy, envoy('bare'), envoy('mesh')]
const upstreamPortCount = 10
const body = JSON.stringify({ text: 'x'.repeat(1024 - '{"text":""}'.length) })

interface Entrant {
  readonly contender: Contender
  readonly version: string
  readonly port: number
  readonly running: Running
  readonly rounds: Round[]
}

/** @throws when a name of `only` is nobody's, and when one of our own processes does not start. */
export async function benchmarkH1(options: H1Options): Promise<BenchmarkResult> {
  const strangers = options.only.filter((name) => !everybody.some((contender) => contender.name === name))
  if (strangers.length > 0)
    throw new Error(`there is no contender ${strangers.join(', ')}; there are ${everybody.map(({ name }) => name).join(', ')}`)
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'))
  const started: Running[] = []
  try {
    const cores = chooseCores()
    const load = chooseLoadGenerator(cores.load)
    const upstreamPorts = await freePorts(upstreamPortCount)
    const upstream = upstreamOf(folder, upstreamPorts)
    const machine = describeMachine({ isPinned: cores.proxy !== undefined, loadGenerator: load.name, upstream: upstream.name })
    started.push(await run(pinned(cores.load, upstream.command), upstreamPorts.at(-1) as number))
    const skipped: string[] = []
    const entrants: Entrant[] = []
    for (const contender of everybody.filter(({ name }) => options.only.length === 0 || options.only.includes(name))) {
      const version = contender.version()
      if (version === undefined) skipped.push(`skipped: ${contender.name} not found`)
      else {
        try {
          entrants.push(await enter(contender, version, cores, { folder, upstreamPorts }, started))
        } catch (error) {
          if (!contender.isRival) throw error
          skipped.push(`skipped: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
    }
    await measure(entrants, load, options)
    return { machine, benchmark: 'h1', rounds: options.rounds, contenders: summarize(entrants satisfies readonly Measured[]), skipped }
  } finally {
    await Promise.all(started.map((each) => each.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

function upstreamOf(folder: string, ports: readonly number[]): { readonly name: string; readonly command: readonly string[] } {
  const version = nginxVersion()
  if (version !== undefined) return { name: `nginx ${version}`, command: nginxUpstream(folder, ports, body) }
  const file = join(folder, 'answer')
  const head = [
    'HTTP/1.1 200 OK',
    'Server: upstream',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Cache-Control: no-cache',
  ]
  writeFileSync(file, `${head.join('\r\n')}\r\n\r\n${body}`)
  const entry = fileURLToPath(new URL('../processes/upstream.js', import.meta.url))
  return { name: 'own upstream on raw sockets', command: [process.execPath, entry, file, ...ports.map(String)] }
}

async function enter(
  contender: Contender,
  version: string,
  cores: Cores,
  site: { readonly folder: string; readonly upstreamPorts: readonly number[] },
  started: Running[],
): Promise<Entrant> {
  const [port = 0] = await freePorts(1)
  const running = await run(pinned(cores.proxy, contender.prepare({ ...site, port })), port)
  started.push(running)
  return { contender, version, port, running, rounds: [] }
}

async function measure(entrants: readonly Entrant[], load: LoadGenerator, options: H1Options): Promise<void> {
  for (const { contender, port } of entrants) {
    options.onProgress(`warming up ${contender.name}`)
    await load.run(port, options.warmUpSeconds)
  }
  for (let round = 0; round < options.rounds; round++) {
    for (let place = 0; place < entrants.length; place++) {
      const entrant = entrants[(place + round) % entrants.length] as Entrant
      options.onProgress(`round ${round + 1} of ${options.rounds}: ${entrant.contender.name}`)
      entrant.rounds.push(await oneRound(entrant, load, options.seconds))
    }
  }
}

async function oneRound({ port, running }: Entrant, load: LoadGenerator, seconds: number): Promise<Round> {
  const before = usageOf(running.pid)
  const result = await load.run(port, seconds)
  const after = usageOf(running.pid)
  const cpuMs = Number(after.cpuNs - before.cpuNs) / 1e6
  return {
    cpuMsPer1k: (cpuMs / result.requests) * 1000,
    rps: result.requests / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    rssMb: after.rssBytes / 2 ** 20,
    errors: result.errors,
  }
}
