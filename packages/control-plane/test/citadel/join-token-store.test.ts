import { createFakeClock } from '@heddle/base/testing'
import { createJoinTokens, type JoinTokenGrant } from '@heddle/ca'
import { describe, expect, it } from 'vitest'
import { createSecretJoinTokenStore } from '../../src/citadel/join-token-store.js'
import { createFakeResourceClient } from '../../src/testing.js'

const namespace = 'istio-system'
const workload = { namespace: 'default', serviceAccount: 'vm' }
const hashOf = (index: number): string => index.toString(16).padStart(64, '0')

describe('join tokens in a Secret', () => {
  it('let one of a hundred racers in over two replicas', async () => {
    const [client, clock] = [createFakeResourceClient(), createFakeClock()]
    const replica = () =>
      createJoinTokens({ trustDomain: 'cluster.local', store: createSecretJoinTokenStore(client, namespace, clock) }, { clock })
    const [one, two] = [replica(), replica()]
    const token = await one.create(workload)
    const racers = Array.from({ length: 100 }, (_, racer) => (racer % 2 === 0 ? one : two).authenticate({ token }))
    const results = await Promise.all(racers)
    expect(results.filter(({ kind }) => kind === 'authenticated')).toHaveLength(1)
    expect(results.filter(({ kind }) => kind === 'refused')).toHaveLength(99)
  })

  it('are a thousand at most, of which those that ended make room', async () => {
    const [client, clock] = [createFakeResourceClient(), createFakeClock()]
    const grant: JoinTokenGrant = { trustDomain: 'cluster.local', ...workload, notAfterMs: clock.now() + 1000 }
    const full = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [hashOf(index), grant]))
    const data = { grants: Buffer.from(JSON.stringify(full)).toString('base64') }
    client.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'heddle-join-tokens', namespace }, data })
    const store = createSecretJoinTokenStore(client, namespace, clock)
    await expect(store.add(hashOf(1000), grant)).rejects.toMatchObject({
      code: 'HEDDLE_CA_JOIN_TOKEN_REFUSED',
      hint: expect.stringContaining('heddle delete secret heddle-join-tokens') as string,
    })
    clock.advance(1000)
    await store.add(hashOf(1000), { ...grant, notAfterMs: clock.now() + 1000 })
    expect(await store.take(hashOf(1))).toBeUndefined()
    expect(await store.take(hashOf(1000))).toMatchObject(workload)
  })

  it.each(['junk', '[]', 'null'])('that cannot be read (%s) let nobody in, and nobody is turned away for good', async (text) => {
    const client = createFakeResourceClient()
    const data = { grants: Buffer.from(text).toString('base64') }
    client.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'heddle-join-tokens', namespace }, data })
    const tokens = createJoinTokens({ trustDomain: 'a', store: createSecretJoinTokenStore(client, namespace, createFakeClock()) })
    const token = await createJoinTokens({ trustDomain: 'a' }).create(workload)
    expect(await tokens.authenticate({ token })).toMatchObject({ kind: 'unavailable' })
    await expect(tokens.create(workload)).rejects.toMatchObject({
      code: 'HEDDLE_CA_STATE_UNREADABLE',
      message: expect.stringContaining('istio-system/heddle-join-tokens') as string,
      hint: expect.stringContaining('unused tokens are lost') as string,
    })
  })
})
