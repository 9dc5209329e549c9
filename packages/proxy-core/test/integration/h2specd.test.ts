/** All cases that h2spec has for clients: its server `h2specd`, where it is installed, answers the proxy's requests. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Listener, VirtualHost } from '@heddle/routing'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, httpListener, startProxy, staticCluster } from './harness.js'

const keep = keepOpen()

const program = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'h2specd'))
  .find((path) => existsSync(path))

/** Each case has a port of its own, from one on. */
const cases = 57

/** Asks for a URL through the proxy, as to an explicit one, and waits for the end of it. */
const client = `
const [, , port, url] = process.argv
const { host } = new URL(url)
const request = require('node:http').request({ port, host: '127.0.0.1', path: '/', headers: { host } }, (answer) => answer.resume())
request.on('error', () => {}).end()
setTimeout(() => process.exit(), 1500).unref()
`

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => void server.close(() => resolve(true)))
  })

async function freePorts(): Promise<readonly number[]> {
  for (let from = 20_000 + (process.pid % 100) * 100; from < 60_000; from += 100) {
    const ports = Array.from({ length: cases }, (_, at) => from + at)
    if ((await Promise.all(ports.map(isFree))).every((free) => free)) return ports
  }
  throw new Error('no ports are free')
}

/** A proxy that speaks HTTP/2 to each of the ports, by the authority of the request. */
async function front(ports: readonly number[]): Promise<number> {
  const clusters = ports.map((port) => staticCluster(`u${port}`, [port], { http: { protocol: 'http2' } }))
  const virtualHosts: VirtualHost[] = ports.map((port) => ({
    name: `h${port}`,
    domains: [`127.0.0.1:${port}`],
    routes: [anyRoute(action(`u${port}`, { timeoutMs: 1000 }))],
  }))
  const routes = { kind: 'inline', routeConfiguration: { name: 'cases', virtualHosts } } as const
  const listener: Listener = httpListener([], { routes })
  return keep(await startProxy({ listeners: [listener], routeConfigurations: [], clusters, endpoints: [] })).port
}

/** @returns the last line, such as `57 tests, 57 passed, 0 skipped, 0 failed`, or everything when a case failed. */
function run(from: number, port: number, script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const command = `${process.execPath} ${script} ${port}`
    const child = spawn(program ?? '', ['-h', '127.0.0.1', '-f', String(from), '-o', '5', '--strict', '-e', command])
    let text = ''
    child.stdout.on('data', (piece: Buffer) => (text += piece.toString()))
    child.on('error', reject)
    child.on('close', () => {
      const summary = /^\d+ tests, .*$/m.exec(text)?.[0] ?? text
      resolve(summary.endsWith(' 0 failed') ? summary : text)
    })
  })
}

describe.skipIf(program === undefined)('h2specd (skipped where it is not on the PATH)', () => {
  test('upstreams in clear text are held to the rules', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'h2specd-'))
    keep({ close: () => rmSync(folder, { recursive: true }) })
    const script = join(folder, 'client.cjs')
    writeFileSync(script, client)
    const ports = await freePorts()
    expect(await run(ports[0] ?? 0, await front(ports), script)).toMatch(/^(\d+) tests, \1 passed, 0 skipped, 0 failed$/)
  }, 180_000)
})
