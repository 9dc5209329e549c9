/** A session that is taken up again would carry an old judgement of a certificate over: 15012 gives none out. */
import { connect, type SecureVersion, type TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import { createFakeControlPlane, type FakeControlPlane } from '../../src/testing.js'

function dial(
  { ports, serverName, ca }: FakeControlPlane,
  version: SecureVersion,
  identity: { cert: string; key: string },
  session?: Buffer,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: ports.secureGrpc,
      servername: serverName,
      ca: ca.bundle().rootsPem,
      minVersion: version,
      maxVersion: version,
      ALPNProtocols: ['h2'],
      ...identity,
      ...(session && { session }),
    })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

it.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])('T20: a session of %s is never taken up again', async (version) => {
  await using controlPlane = await createFakeControlPlane()
  const { chain, privateKeyPem } = await controlPlane.ca.issueFor({ namespace: 'default', serviceAccount: 'hello' })
  const identity = { cert: chain.join(''), key: privateKeyPem }
  const first = await dial(controlPlane, version, identity)
  const sessions: Buffer[] = []
  first.on('session', (session: Buffer) => sessions.push(session))
  // The settings frame comes after whatever tickets the server gives out.
  first.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')
  await new Promise((resolve) => first.once('data', resolve))
  const known = sessions.at(-1) ?? first.getSession()
  first.destroy()
  const second = await dial(controlPlane, version, identity, known)
  expect(second.isSessionReused()).toBe(false)
  second.destroy()
})
