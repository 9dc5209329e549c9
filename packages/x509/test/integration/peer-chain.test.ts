import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type TLSSocket, connect, createServer } from 'node:tls'
import { afterEach, expect, it } from 'vitest'
import { type Certificate, createTrustBundle, peerChainOf, verifySvidPath } from '../../src/index.js'
import { type Party, issueIntermediate, issueLeaf, issueRoot, nowMs, workloadUri } from '../support/authority.js'

const open: { close?(): unknown; destroy?(): unknown }[] = []
afterEach(() => {
  for (const item of open.splice(0)) {
    item.destroy?.()
    item.close?.()
  }
})

/** Chains as each side sees the other, over one real handshake. */
async function handshake(client: readonly Party[], server: readonly Party[]): Promise<{ atServer: Uint8Array[]; atClient: Uint8Array[] }> {
  const pem = (chain: readonly Party[]): string => chain.map((party) => party.pem).join('')
  const listener = createServer({
    key: server[0]?.keyPem,
    cert: pem(server),
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  open.push(listener)
  const accepted = once(listener, 'secureConnection')
  const key = client[0]?.keyPem
  const socket = connect({
    port: (listener.address() as AddressInfo).port,
    host: '127.0.0.1',
    ...(key && { key, cert: pem(client) }),
    rejectUnauthorized: false,
  })
  open.push(socket)
  await once(socket, 'secureConnect')
  const [peer] = (await accepted) as [TLSSocket]
  open.push(peer)
  return { atServer: peerChainOf(peer), atClient: peerChainOf(socket) }
}

const root = issueRoot()
const middle = issueIntermediate(root)
const bundle = createTrustBundle({ roots: { 'cluster.local': root.pem } })

it('sees leaf and intermediates of both sides of a TLS connection, and they verify', async () => {
  const { atServer, atClient } = await handshake([issueLeaf(middle), middle], [issueLeaf(middle), middle])
  for (const chain of [atServer, atClient]) {
    const result = verifySvidPath({ chain, bundle, nowMs })
    expect(result.ok && (result.leaf satisfies Certificate) && result.id.uri).toBe(workloadUri)
  }
})

it('is empty when the peer presented no certificate', async () => {
  const { atServer } = await handshake([], [issueLeaf(root)])
  expect(atServer).toEqual([])
})
