import { createServer, type Server } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { createTestCa } from '@heddle/ca/testing'
import type { CertificateValidation } from '@heddle/routing'
import { createConnector } from '../../src/transport/connector.js'
import type { PeerVerdict } from '../../src/transport/peer-verifier.js'
import { AbortWatch } from '../../src/transport/abort-watch.js'
import { createTlsContexts } from '../../src/transport/tls-contexts.js'
import type { ServerName } from '../../src/transport/server-name.js'
import { roots, secretsOf } from '../integration/secrets.js'

const ca = createTestCa()
const identity = ca.issue('spiffe://cluster.local/ns/default/sa/web')
const secrets = secretsOf(roots(ca.rootPem))
const validation: CertificateValidation = { roots: { name: 'ROOTCA', source: 'agent' } }
const verified: ServerName = { name: 'web', isSent: false, isVerified: true }
let server: Server

beforeAll(async () => {
  server = createServer({ cert: identity.chainPem, key: identity.keyPem }, (socket) => void socket.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => void server.close())

/** What comes of a connection whose peer gets this verdict. */
function connect(verdict: PeerVerdict, validated: CertificateValidation | undefined, name?: ServerName): Promise<string> {
  const verifier = { verify: () => verdict, trustIn: () => 'trusted' as const, secretChanged: () => {} }
  const connector = createConnector({
    contexts: createTlsContexts(secrets),
    verifier,
    clock: systemClock,
    logger: silentLogger,
    aborts: new AbortWatch(systemClock),
  })
  const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const tls = { common: validated === undefined ? {} : { validation: validated } }
  return new Promise((resolve) => {
    const listener = {
      onConnected: (channel: { destroy(): void }) => {
        channel.destroy()
        resolve('connected')
      },
      onConnectFailed: (_: string, details: string) => resolve(details),
    }
    connector.connect(target, tls, [], 5000, listener, name)
  })
}

test('a server that shows no certificate will do only where nothing is asked of it', async () => {
  const refusal = 'TLS error: the peer showed no certificate'
  expect(await connect({ kind: 'anonymous' }, undefined)).toBe('connected')
  expect(await connect({ kind: 'anonymous' }, validation)).toBe(refusal)
  expect(await connect({ kind: 'anonymous' }, undefined, verified)).toBe(refusal)
  expect(await connect({ kind: 'unverified' }, undefined)).toBe('connected')
  expect(await connect({ kind: 'refused', reason: 'no' }, validation)).toBe('TLS error: no')
})
