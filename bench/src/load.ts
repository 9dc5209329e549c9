/** Load on one port: 64 keep-alive connections that always have a request in flight, from wrk or from our own generator. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { requestHeaders, requestPath } from './contender.js'
import { isInstalled, versionOf } from './installed.js'
import { pinned } from './running.js'

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  readonly errors: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface LoadGenerator {
  readonly name: string
  run(port: number, seconds: number): Promise<LoadResult>
}

const connections = 64
const execute = promisify(execFile)

export function chooseLoadGenerator(core: number | undefined): LoadGenerator {
  return isInstalled('wrk', ['-v']) ? wrk(core) : ownGenerator(core)
}

function wrk(core: number | undefined): LoadGenerator {
  const headers = requestHeaders.flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  return {
    name: `wrk ${versionOf('wrk', ['-v'], /wrk (?:debian\/)?(\S+)/) ?? ''}`.trim(),
    async run(port, seconds) {
      const url = `http://127.0.0.1:${port}${requestPath}`
      const args = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...headers, url]
      return parseWrk(await output(pinned(core, args)))
    },
  }
}

/** Exported for its test: machines with wrk would never run it. */
export function ownGenerator(core: number | undefined): LoadGenerator {
  const entry = fileURLToPath(new URL('../processes/load-generator.js', import.meta.url))
  const lines = requestHeaders.map(([name, value]) => `${name}: ${value}\r\n`)
  const request = `GET ${requestPath} HTTP/1.1\r\n${lines.join('')}\r\n`
  return {
    name: 'own generator on raw sockets',
    async run(port, seconds) {
      const options = JSON.stringify({ port, connections, seconds, request })
      return JSON.parse(await output(pinned(core, [process.execPath, entry, options]))) as LoadResult
    },
  }
}

async function output([program = '', ...args]: readonly string[]): Promise<string> {
  return (await execute(program, args)).stdout
}

const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

/** wrk's report for people is all there is without a script. */
export function parseWrk(report: string): LoadResult {
  const milliseconds = (pattern: RegExp): number => {
    const match = pattern.exec(report)
    return match ? Number(match[1]) * (units[match[2] as string] ?? 1) : Number.NaN
  }
  const total = /(\d+) requests in ([\d.]+)(us|ms|s|m)/.exec(report)
  if (!total) throw new Error(`wrk printed no total: ${report}`)
  const socketErrors = [...(/Socket errors: (.*)/.exec(report)?.[1] ?? '').matchAll(/\d+/g)].reduce(
    (sum, [count]) => sum + Number(count),
    0,
  )
  return {
    requests: Number(total[1]),
    seconds: (Number(total[2]) * (units[total[3] as string] as number)) / 1000,
    errors: socketErrors + Number(/Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1] ?? 0),
    p50Ms: milliseconds(/50%\s+([\d.]+)(us|ms|s|m)/),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s|m)/),
  }
}
