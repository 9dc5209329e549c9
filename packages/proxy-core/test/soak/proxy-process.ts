/** Starts the proxy as a process and looks at it from outside: resident memory and CPU ticks come from /proc. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Holdings } from './proxy-program.js'

export interface ProxyProcess {
  readonly httpPort: number
  readonly edgePort: number
  readonly tcpPort: number
  readonly rssBytes: () => number
  /** User and system time together, in ticks of the kernel (10 ms). */
  readonly cpuTicks: () => number
  /** After a garbage collection. */
  readonly holdings: () => Promise<Holdings>
  readonly close: () => Promise<void>
}

/** A program from source with garbage collection at hand and room for many files. */
export function startProgram(name: string, args: readonly string[]): ChildProcess {
  const program = fileURLToPath(new URL(`./${name}`, import.meta.url))
  const node = [process.execPath, '--expose-gc', '--conditions=@heddle/source', '--import', import.meta.resolve('tsx'), program, ...args]
  // More files than the shell gives, where the system lets.
  const script = 'ulimit -n 65536 2>/dev/null || ulimit -n $(ulimit -Hn); exec "$@"'
  return spawn('/bin/sh', ['-c', script, 'sh', ...node], { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** Its lines one by one. */
export function linesOf(child: ChildProcess): () => Promise<string> {
  const lines: string[] = []
  const waiting: ((line: string) => void)[] = []
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const next = waiting.shift()
    if (next === undefined) lines.push(line)
    else next(line)
  })
  return () => new Promise((resolve) => (lines.length > 0 ? resolve(lines.shift() as string) : void waiting.push(resolve)))
}

export async function startProxyProcess(upstreamPort: number): Promise<ProxyProcess> {
  const child = startProgram('proxy-program.ts', [String(upstreamPort)])
  const line = linesOf(child)
  const { http, edge, tcp } = JSON.parse(await line()) as { http: number; edge: number; tcp: number }
  const exited = once(child, 'exit')
  return {
    httpPort: http,
    edgePort: edge,
    tcpPort: tcp,
    rssBytes: () => rssOf(child.pid as number),
    cpuTicks: () => ticksOf(child.pid as number),
    holdings: async () => {
      child.stdin?.write('gc\n')
      return JSON.parse(await line()) as Holdings
    },
    close: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

export function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024
}

/** Fields 14 and 15 of `stat`, behind the name in parentheses. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
