/** All cases of h2spec, in clear text and over TLS, where that program is installed. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createTestCa } from '@heddle/ca/testing'
import type { FilterChain, Listener } from '@heddle/routing'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, httpUpstream, manager, startProxy, staticCluster } from './harness.js'
import { certificate, secretsOf } from './secrets.js'

const keep = keepOpen()

const program = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'h2spec'))
  .find((path) => existsSync(path))

/** @returns the last line, such as `146 tests, 146 passed, 0 skipped, 0 failed`, or everything when a case failed. */
function run(port: number, ...more: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program ?? '', ['-h', '127.0.0.1', '-p', String(port), '-o', '5', '--strict', ...more])
    let text = ''
    child.stdout.on('data', (piece: Buffer) => (text += piece.toString()))
    child.on('error', reject)
    child.on('close', () => {
      const summary = /^\d+ tests, .*$/m.exec(text)?.[0] ?? text
      resolve(summary.endsWith(' 0 failed') ? summary : text)
    })
  })
}

describe.skipIf(program === undefined)('h2spec (skipped where it is not on the PATH)', () => {
  const app = async () => keep(await httpUpstream((incoming, answer) => incoming.resume().on('end', () => answer.end('hello'))))

  test('passes in clear text', async () => {
    const listener = httpListener([anyRoute(action('u'))], { codecType: 'HTTP2' })
    const { port } = keep(await startProxy(config(listener, [staticCluster('u', [(await app()).port])])))
    expect(await run(port)).toMatch(/^(\d+) tests, \1 passed, 0 skipped, 0 failed$/)
  }, 120_000)

  test('passes over TLS', async () => {
    const chain: FilterChain = {
      tls: {
        common: { certificates: [{ name: 'default', source: 'agent' }], alpnProtocols: ['h2', 'http/1.1'] },
        requireClientCertificate: false,
      },
      filters: [{ kind: 'http-connection-manager', manager: manager([anyRoute(action('u'))]) }],
    }
    const listener: Listener = {
      name: 'edge',
      address: { address: '127.0.0.1', port: 0 },
      trafficDirection: 'outbound',
      listenerFilters: [{ kind: 'tls-inspector' }],
      filterChains: [chain],
    }
    const secrets = secretsOf(certificate(createTestCa().issue('spiffe://cluster.local/ns/default/sa/edge')))
    const { port } = keep(await startProxy(config(listener, [staticCluster('u', [(await app()).port])]), { secrets }))
    expect(await run(port, '-t', '-k')).toMatch(/^(\d+) tests, \1 passed, 0 skipped, 0 failed$/)
  }, 120_000)
})
