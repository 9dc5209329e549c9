import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Server, type TLSSocket, connect, createServer } from 'node:tls'
import { systemClock } from '@heddle/base/node'
import { createCsr, encodePrivateKey, generateKey, peerChainOf, verifySvidPath } from '@heddle/x509'
import { afterEach, expect, it } from 'vitest'
import { type Ca, type SignedCertificate, createCa, createMemoryCaStore } from '../../src/index.js'
import { caller, workloadUri } from '../support/fixtures.js'

const open: { destroy?(): unknown; close?(): unknown }[] = []
afterEach(() => {
  for (const item of open.splice(0)) {
    item.destroy?.()
    item.close?.()
  }
})

async function start(): Promise<{ ca: Ca; server: Server; port: number }> {
  const ca = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() })
  const own = await ca.issueServer({ dnsNames: ['istiod.istio-system.svc'], ipAddresses: [Uint8Array.of(127, 0, 0, 1)] })
  const server = createServer({
    key: own.privateKeyPem,
    cert: own.chain.join(''),
    ca: own.rootsPem,
    requestCert: true,
    rejectUnauthorized: true,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(server)
  return { ca, server, port: (server.address() as AddressInfo).port }
}

async function signedIdentity(ca: Ca): Promise<SignedCertificate & { readonly keyPem: string }> {
  const privateKey = generateKey()
  return { ...(await ca.sign(createCsr({ privateKey }), caller)), keyPem: encodePrivateKey(privateKey) }
}

it('a workload reaches the control plane by DNS name and is known by its certificate', async () => {
  const { ca, server, port } = await start()
  const identity = await signedIdentity(ca)
  const accepted = once(server, 'secureConnection')
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'istiod.istio-system.svc',
    ca: ca.bundle().rootsPem,
    key: identity.keyPem,
    cert: identity.chain.join(''),
  })
  open.push(socket)
  await once(socket, 'secureConnect')
  const [peer] = (await accepted) as [TLSSocket]
  open.push(peer)
  const result = verifySvidPath({ chain: peerChainOf(peer), bundle: ca.bundle().trustBundle, nowMs: systemClock.now(), role: 'client' })
  expect(result).toMatchObject({ ok: true, id: { uri: workloadUri } })
})

it('a client refuses the control plane under another name', async () => {
  const { ca, port } = await start()
  const socket = connect({ port, host: '127.0.0.1', servername: 'other.test', ca: ca.bundle().rootsPem })
  open.push(socket)
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
})

it('closes at the end of its scope', async () => {
  const store = createMemoryCaStore()
  {
    await using ca = await createCa({ trustDomain: 'cluster.local', store })
    await ca.issueFor({ namespace: 'a', serviceAccount: 'b' })
  }
  await expect(store.open()).resolves.toBeDefined()
})
