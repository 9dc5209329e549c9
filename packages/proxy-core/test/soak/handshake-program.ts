/**
 * The proxy in a process of its own with one listener of mutual TLS, and beside it the kind of server that answers a sidecar's probes.
 * Prints its ports and the identity of a client as a line of JSON; a line on its input is answered with how many connections it has.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { createTestCa } from '@heddle/ca/testing'
import { createProxy } from '@heddle/proxy-core'
import type { Listener } from '@heddle/routing'
import { httpListener } from '../integration/harness.js'
import { certificate, roots, secretsOf } from '../integration/secrets.js'

const ca = createTestCa({ trustDomain: 'td1' })
const http = httpListener([
  {
    name: 'all',
    match: { path: { kind: 'prefix', value: '/' } },
    action: { kind: 'direct-response', status: 200, body: { text: 'hello' } },
  },
])
const validation = { roots: { name: 'ROOTCA', source: 'agent' } } as const
const common = { certificates: [{ name: 'default', source: 'agent' }], validation } as const
const listener: Listener = {
  ...http,
  filterChains: http.filterChains.map((chain) => ({ ...chain, tls: { common, requireClientCertificate: true } })),
}
const secrets = secretsOf(certificate(ca.issue('spiffe://td1/ns/a/sa/server')), roots(ca.rootPem, 'td1'))
const engine = createProxy({ listeners: [listener], routeConfigurations: [], clusters: [], endpoints: [] }, { secrets })
await engine.start()
const health = createServer((_, outgoing) => void outgoing.end('ok')).listen(0, '127.0.0.1', () => {
  const { certPem, keyPem } = ca.issue('spiffe://td1/ns/a/sa/client')
  const ports = { tls: engine.listeners()[0]?.port, health: (health.address() as AddressInfo).port }
  process.stdout.write(`${JSON.stringify({ ...ports, certPem, keyPem })}\n`)
})
createInterface({ input: process.stdin }).on('line', () => process.stdout.write(`${engine.stats().downstreamConnections}\n`))
