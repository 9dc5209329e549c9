/** The leaf of a peer, read from the sessions of real connections of Node's own TLS. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { peerChainOf, peerLeafOf } from '../../src/index.js'
import { issueIntermediate, issueLeaf, issueRoot } from '../support/authority.js'

const opened: { destroy(): void }[] = []
afterEach(() => {
  for (const item of opened.splice(0)) item.destroy()
})

/** Both ends of a connection; the client shows a certificate when it has one. */
async function handshake(version: SecureVersion, hasClientCertificate = true): Promise<{ server: TLSSocket; client: TLSSocket }> {
  const middle = issueIntermediate(issueRoot())
  const [leaf, ours] = [issueLeaf(middle), issueLeaf(middle)]
  const own = { cert: ours.pem + middle.pem, key: ours.keyPem }
  const theirs = hasClientCertificate ? { cert: leaf.pem + middle.pem, key: leaf.keyPem } : {}
  const listener = createServer({ ...own, requestCert: true, rejectUnauthorized: false, minVersion: version, maxVersion: version })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const accepted = once(listener, 'secureConnection') as Promise<[TLSSocket]>
  const { port } = listener.address() as AddressInfo
  const client = connect({ ...theirs, port, host: '127.0.0.1', rejectUnauthorized: false })
  const [server] = await accepted
  opened.push({ destroy: () => (client.destroy(), server.destroy(), listener.close()) })
  return { server, client }
}

describe.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])('over %s', (version) => {
  test('the leaf in the session is the first certificate of the chain, on both ends', async () => {
    const ends = await handshake(version)
    for (const socket of [ends.server, ends.client]) {
      const leaf = peerLeafOf(socket)
      expect(leaf).toBeDefined()
      expect(Buffer.from(leaf as Uint8Array)).toEqual(Buffer.from(peerChainOf(socket)[0] as Uint8Array))
    }
  })

  test('a peer that showed nothing has no leaf', async () => {
    const { server } = await handshake(version, false)
    expect(peerLeafOf(server)).toBeUndefined()
    expect(peerChainOf(server)).toEqual([])
  })
})

test('the secrets of a session are wiped when its leaf was read', async () => {
  const { server } = await handshake('TLSv1.3')
  const session = server.getSession() as Buffer
  expect(session.some((byte) => byte !== 0)).toBe(true)
  peerLeafOf({ getSession: () => session })
  expect(session.every((byte) => byte === 0)).toBe(true)
})

test('whatever stands in a session, reading it throws nothing and reads nothing beyond it', async () => {
  const { server } = await handshake('TLSv1.3')
  const session = server.getSession() as Buffer
  for (let length = 0; length < session.length; length++) {
    const cut = Buffer.from(session.subarray(0, length))
    expect(peerLeafOf({ getSession: () => cut })).toBeUndefined()
  }
  for (let at = 0; at < session.length; at++) {
    const changed = Buffer.from(session)
    changed[at] = (changed[at] as number) ^ 0xff
    expect(() => peerLeafOf({ getSession: () => changed })).not.toThrow()
  }
  expect(peerLeafOf({ getSession: () => undefined })).toBeUndefined()
})
