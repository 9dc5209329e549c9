/** HTTP/2 load without TLS, from h2load or our own generator: 16 connections that always hold 10 streams each. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requestHeaders, requestHost, requestPath } from '../contender.js'
import { isInstalled, versionOf } from '../installed.js'
import { type LoadGenerator, type LoadResult, outputOf, runOwn } from './load.js'

export interface Http2LoadOptions {
  readonly core: number | undefined
  readonly folder: string
  readonly kind: 'get' | 'grpc'
}

const connections = 16
const streams = 10

/** A gRPC message of 64 bytes, uncompressed. */
const message = Buffer.concat([Buffer.of(0, 0, 0, 0, 64), Buffer.alloc(64, 'q')])
const grpcPath = '/bench.Items/Get'
const plainHeaders = requestHeaders.filter(([name]) => name !== 'Host').map(([name, value]) => [name.toLowerCase(), value] as const)
const grpcHeaders = [
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
  ['user-agent', 'grpc-node-js/1.14.7'],
  ['grpc-accept-encoding', 'identity,deflate,gzip'],
  ['authorization', 'Bearer 0123456789abcdef0123456789abcdef'],
] as const

export function http2Load(options: Http2LoadOptions): LoadGenerator {
  return isInstalled('h2load', ['--version']) ? h2load(options) : ownHttp2Load(options)
}

function h2load({ core, folder, kind }: Http2LoadOptions): LoadGenerator {
  const headers = kind === 'grpc' ? grpcHeaders : plainHeaders
  const body = join(folder, 'message')
  const log = join(folder, 'h2load.log')
  writeFileSync(body, message)
  return {
    name: `h2load ${versionOf('h2load', ['--version'], /nghttp2\/(\S+)/) ?? ''}`.trim(),
    async run(port, seconds) {
      const args = ['-t1', `-c${connections}`, `-m${streams}`, `-D${Math.max(1, Math.round(seconds))}`, `--log-file=${log}`]
      const lines = [[':authority', requestHost] as const, ...headers].flatMap(([name, value]) => ['-H', `${name}: ${value}`])
      const url = `http://127.0.0.1:${port}${kind === 'grpc' ? grpcPath : requestPath}`
      // It appends.
      rmSync(log, { force: true })
      const report = await outputOf(core, ['h2load', ...args, ...lines, ...(kind === 'grpc' ? ['-d', body] : []), url])
      return parseH2load(report, readFileSync(log, 'utf8'))
    },
  }
}

/** Exported for its test: machines with h2load would never run it. */
export function ownHttp2Load({ core, kind }: Omit<Http2LoadOptions, 'folder'>): LoadGenerator {
  const isGrpc = kind === 'grpc'
  const headers = {
    ':method': isGrpc ? 'POST' : 'GET',
    ':path': isGrpc ? grpcPath : requestPath,
    ':authority': requestHost,
    ...Object.fromEntries(isGrpc ? grpcHeaders : plainHeaders),
  }
  const body = isGrpc ? message.toString('base64') : ''
  return {
    name: 'own generator on node:http2',
    run: (port, seconds) => runOwn(core, 'http2-generator.js', { port, connections, streams, seconds, headers, body }),
  }
}

/**
 * @param report what h2load prints: totals only.
 * @param log one line for each request: its start, its status, its microseconds.
 */
export function parseH2load(report: string, log: string): LoadResult {
  const finished = /finished in ([\d.]+)(us|ms|s|m), ([\d.]+) req\/s/.exec(report)
  const counts = /requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(
    report,
  )
  if (!finished || !counts) throw new Error(`h2load printed no totals: ${report}`)
  const [done = 0, succeeded = 0, failed = 0] = counts.slice(3, 6).map(Number)
  const times = Float64Array.from(log.split('\n').filter(Boolean), (line) => Number(line.split('\t')[2]) / 1000).sort()
  const at = (share: number): number | null => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? null
  return {
    requests: succeeded,
    seconds: Number(finished[3]) > 0 ? done / Number(finished[3]) : 0,
    errors: failed,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  }
}
