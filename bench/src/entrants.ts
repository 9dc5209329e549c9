/** The processes of one run: the upstream and the contenders that are here, started together and ended together. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contender, Protocol } from './contender.js'
import { createCredentials, type Credentials } from './credentials.js'
import { chooseCores, type Cores } from './machine.js'
import { type Usage, usageOf } from './process-tree.js'
import { freePorts, pinned, run, type Running } from './running.js'
import { createSite, type Wiring } from './site.js'
import type { Upstream } from './upstream.js'

export interface Entrant {
  readonly contender: Contender
  readonly version: string
  readonly port: number
  /** Of all its processes. */
  usage(): Usage
  stop(): Promise<void>
}

/** What a run has to work with. */
export interface Grounds {
  readonly folder: string
  readonly cores: Cores
  readonly credentials: Credentials
  readonly upstreamPorts: readonly number[]
  /** Names of those that are not here or do not start, with the reason. */
  readonly skipped: string[]
}

export interface EntryOptions {
  readonly protocol: Protocol
  readonly wiring: Wiring
  /** Put before the program of each process, after Node's name. */
  readonly nodeOptions?: readonly string[]
  readonly onOutput?: (text: string) => void
}

const upstreamPortCount = 10

/** Starts the upstream, runs the work, and ends everything that was started meanwhile, whatever happens. */
export async function onGrounds<T>(upstream: Upstream, work: (grounds: Grounds, started: Running[]) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'))
  const started: Running[] = []
  try {
    const cores = chooseCores()
    const upstreamPorts = await freePorts(upstreamPortCount)
    started.push(await run(pinned(cores.load, upstream.command(folder, upstreamPorts)), upstreamPorts.at(-1) as number))
    return await work({ folder, cores, credentials: createCredentials(folder), upstreamPorts, skipped: [] }, started)
  } finally {
    await Promise.all(started.map((each) => each.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns undefined, and the reason in `skipped`, when a rival is not here. @throws when one of ours does not start. */
export async function enter(
  contender: Contender,
  grounds: Grounds,
  options: EntryOptions,
  started: Running[],
): Promise<Entrant | undefined> {
  const version = contender.version()
  if (version === undefined) {
    grounds.skipped.push(`skipped: ${contender.name} not found`)
    return undefined
  }
  try {
    return await launch(contender, version, grounds, options, started)
  } catch (error) {
    if (!contender.isRival) throw error
    grounds.skipped.push(`skipped: ${contender.name}: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

async function launch(
  contender: Contender,
  version: string,
  { folder, cores, credentials, upstreamPorts }: Grounds,
  { protocol, wiring, nodeOptions = [], onOutput }: EntryOptions,
  started: Running[],
): Promise<Entrant> {
  const site = await createSite({ protocol, wiring, upstreamPorts, folder, credentials })
  const processes: Running[] = []
  for (const { command, port } of contender.prepare(site)) {
    const [program = '', ...args] = command
    const running = await run(pinned(cores.proxy, [program, ...nodeOptions, ...args]), port, onOutput)
    started.push(running)
    processes.push(running)
  }
  return {
    contender,
    version,
    port: site.hops[0]?.ports[0] as number,
    usage: () => sum(processes.map(({ pid }) => usageOf(pid))),
    stop: async () => void (await Promise.all(processes.map((each) => each.stop()))),
  }
}

function sum(usages: readonly Usage[]): Usage {
  return usages.reduce((all, { cpuNs, rssBytes }) => ({ cpuNs: all.cpuNs + cpuNs, rssBytes: all.rssBytes + rssBytes }))
}
