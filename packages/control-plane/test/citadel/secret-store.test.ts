import { expect, it } from 'vitest'
import { createSecretCaStore } from '../../src/citadel/secret-store.js'
import { createFakeResourceClient } from '../../src/testing.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (state: Uint8Array | undefined): string | undefined => state && Buffer.from(state).toString('utf8')

it('keeps the state in a Secret that the next authority opens', async () => {
  const client = createFakeResourceClient()
  const store = createSecretCaStore(client, 'istio-system')
  expect(await store.open()).toBeUndefined()
  await store.save(bytes('state 1'))
  await store.save(bytes('state 2'))
  expect(text(await createSecretCaStore(client, 'istio-system').open())).toBe('state 2')
})

it('never writes over what another authority has written meanwhile', async () => {
  const client = createFakeResourceClient()
  const first = createSecretCaStore(client, 'istio-system')
  const second = createSecretCaStore(client, 'istio-system')
  await first.open()
  await second.open()
  await first.save(bytes('first'))
  await expect(second.save(bytes('second'))).rejects.toMatchObject({ code: 'HEDDLE_CA_STATE_CONFLICT', retryable: true })
  expect(text(await second.reload?.())).toBe('first')
  await second.save(bytes('second'))
  await expect(first.save(bytes('late'))).rejects.toMatchObject({ code: 'HEDDLE_CA_STATE_CONFLICT' })
  await first.reload?.()
  await first.save(bytes('first'))
  expect(text(await createSecretCaStore(client, 'istio-system').open())).toBe('first')
})

it('refuses a Secret without its state rather than make a new root', async () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'istio-ca-secret', namespace: 'istio-system' }, data: {} }
  const store = createSecretCaStore(createFakeResourceClient(secret), 'istio-system')
  await expect(store.open()).rejects.toMatchObject({ code: 'HEDDLE_CA_STATE_UNREADABLE' })
})

it('says how to go on under the root of an Istio that was there before', async () => {
  const metadata = { name: 'istio-ca-secret', namespace: 'istio-system' }
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: { 'ca-cert.pem': '', 'ca-key.pem': '' } }
  const store = createSecretCaStore(createFakeResourceClient(secret), 'istio-system')
  await expect(store.open()).rejects.toMatchObject({
    code: 'HEDDLE_CA_STATE_UNREADABLE',
    hint: expect.stringContaining('"cacerts"') as string,
  })
})
