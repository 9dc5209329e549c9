import type { Caller } from '@heddle/ca'
import { silentLogger } from '@heddle/base'
import { describe, expect, it } from 'vitest'
import { createCallerAuthorizer } from '../../src/citadel/caller-authorizer.js'
import { createSource } from '../../src/source/source.js'
import { type ApplyObject, createFakeResourceClient } from '../../src/testing.js'
import { pod, serviceAccount } from '../mesh-objects.js'

const account = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'web' }
const byToken: Caller = { ...account, method: 'jwt' }
const byPodToken: Caller = { ...byToken, pod: { name: 'web-1', uid: 'uid-of-web-1' } }
const byCertificate: Caller = { ...account, method: 'client-certificate' }

/** The model sees `seen` and the API has `live`: what came after the last event. */
async function start(seen: readonly ApplyObject[], live: readonly ApplyObject[] = seen) {
  const source = createSource({
    client: createFakeResourceClient(...seen),
    namespace: 'istio-system',
    onChange: () => undefined,
    logger: silentLogger,
  })
  await source.untilSynced()
  const client = createFakeResourceClient(...live)
  return { authorize: createCallerAuthorizer({ source, client }), client }
}

const finished = { ...pod('web-1', 'web'), status: { phase: 'Succeeded' } }

describe('T14: a caller', () => {
  it.each<[string, Caller, readonly ApplyObject[]]>([
    ['whose account exists', byToken, [serviceAccount('web')]],
    ['whose Pod exists', byPodToken, [serviceAccount('web'), pod('web-1', 'web')]],
    ['that renews while a Pod of its account runs', byCertificate, [serviceAccount('web'), pod('web-2', 'web')]],
  ])('%s may have a certificate', async (_, caller, objects) => {
    const { authorize } = await start(objects)
    expect(await authorize(caller)).toEqual({ ok: true })
  })

  it.each<[string, Caller, readonly ApplyObject[]]>([
    ['whose account is gone', byToken, [serviceAccount('other'), pod('web-1', 'web')]],
    ['whose account is in another namespace', { ...byToken, namespace: 'other' }, [serviceAccount('web')]],
    ['whose Pod is gone', byPodToken, [serviceAccount('web'), pod('web-2', 'web')]],
    ['whose Pod was made anew under its name', byPodToken, [serviceAccount('web'), pod('web-1', 'web', 'another')]],
    ['whose Pod runs under another account', byPodToken, [serviceAccount('web'), pod('web-1', 'other')]],
    ['whose Pod has finished', byPodToken, [serviceAccount('web'), finished]],
    ['that renews after its account has gone', byCertificate, [pod('web-1', 'web')]],
    ['that renews after its workload has gone', byCertificate, [serviceAccount('web'), pod('web-1', 'other'), finished]],
  ])('%s may not', async (_, caller, objects) => {
    const { authorize } = await start(objects)
    expect(await authorize(caller)).toMatchObject({ ok: false })
  })

  it('that is younger than the model is looked up in the API', async () => {
    const { authorize } = await start([], [serviceAccount('web'), pod('web-1', 'web')])
    expect(await authorize(byPodToken)).toEqual({ ok: true })
  })

  it('that the model knows does not need the API; any other has to come again', async () => {
    const { authorize, client } = await start([serviceAccount('web'), pod('web-1', 'web')])
    client.setAway(true)
    expect(await authorize(byPodToken)).toEqual({ ok: true })
    await expect(authorize({ ...byToken, serviceAccount: 'later' })).rejects.toMatchObject({ code: 'HEDDLE_API_UNREACHABLE' })
  })
})
