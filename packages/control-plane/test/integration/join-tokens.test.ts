/** Join tokens over the real certificate service, kept in the API. */
import { status } from '@grpc/grpc-js'
import { makeJoinToken } from '@heddle/ca'
import { requestWorkloadCertificate } from '@heddle/client'
import { createCsr, generateKey, parseCertificate, parseCertificatePem } from '@heddle/x509'
import { typeUrls } from '@heddle/xds'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeControlPlane, type FakeControlPlane } from '../../src/testing.js'
import { node } from '../mesh-objects.js'
import { giveOrder } from './ca-order.js'
import { createCaller, errorOf, type GrpcCaller, request } from './grpc-caller.js'

let controlPlane: FakeControlPlane
beforeEach(async () => {
  controlPlane = await createFakeControlPlane()
})
afterEach(() => controlPlane.close())

const workload = { namespace: 'vms', serviceAccount: 'billing' }
const csr = (): string => createCsr({ privateKey: generateKey() })

async function createToken(): Promise<string> {
  const { token, tokenHash } = makeJoinToken()
  const answer = await giveOrder(controlPlane, { do: 'create-join-token', tokenHash, workload, ttlSeconds: 60, claimedActor: 'alice' })
  expect(answer).toMatchObject({ ok: true, message: expect.stringContaining('vms/billing') as string })
  return token
}

async function certify(token: string, request = csr()): Promise<{ chain?: readonly string[]; code?: number }> {
  const caller = createCaller(controlPlane, { token })
  try {
    return await caller.certify(request)
  } finally {
    caller.close()
  }
}

describe('a join token', () => {
  it('is good for one certificate of its identity, without an account or a Pod', async () => {
    const token = await createToken()
    const { chain } = await certify(token)
    const ders = parseCertificatePem(chain?.[0] ?? '')
    const leaf = ders.ok ? parseCertificate(ders.ders[0] as Uint8Array) : undefined
    expect(leaf?.ok && leaf.certificate.extensions.subjectAltNames?.uris).toEqual(['spiffe://cluster.local/ns/vms/sa/billing'])
    expect(await certify(token)).toMatchObject({ code: status.UNAUTHENTICATED })
  })

  it('is still good after a request that has a fault', async () => {
    const token = await createToken()
    expect(await certify(token, 'no request')).toMatchObject({ code: status.INVALID_ARGUMENT })
    expect((await certify(token)).chain).toBeDefined()
  })

  it('lets one of a hundred racers in', async () => {
    const token = await createToken()
    const callers = Array.from({ length: 4 }, () => createCaller(controlPlane, { token }))
    const request = csr()
    const answers = await Promise.all(Array.from({ length: 100 }, (_, racer) => (callers[racer % 4] as GrpcCaller).certify(request)))
    for (const caller of callers) caller.close()
    expect(answers.filter((answer) => answer.chain !== undefined)).toHaveLength(1)
    // Those who come when it is gone are refused, those who come too many at once are told to come again.
    const late = answers.filter(({ code }) => code === status.UNAUTHENTICATED || code === status.RESOURCE_EXHAUSTED)
    expect(late).toHaveLength(99)
  })

  it('that was used stays used over a restart, and one that was not can still be used', async () => {
    const [used, unused] = [await createToken(), await createToken()]
    expect((await certify(used)).chain).toBeDefined()
    await controlPlane.stop()
    await controlPlane.restart()
    expect(await certify(used)).toMatchObject({ code: status.UNAUTHENTICATED })
    expect((await certify(unused)).chain).toBeDefined()
  })

  it('is no credential for discovery, which does not use it up', async () => {
    const token = await createToken()
    const caller = createCaller(controlPlane, { token })
    const call = caller.discover()
    call.write(request(typeUrls.cluster, { node: node() }))
    expect((await errorOf(call)).code).toBe(status.UNAUTHENTICATED)
    caller.close()
    expect((await certify(token)).chain).toBeDefined()
  })

  it('while the API is away is not refused: the caller may come again', async () => {
    const token = await createToken()
    controlPlane.api.setAway(true)
    expect(await certify(token)).toMatchObject({ code: status.UNAVAILABLE })
    controlPlane.api.setAway(false)
    expect((await certify(token)).chain).toBeDefined()
  })

  it('is not in the API: what is kept cannot be used', async () => {
    const token = await createToken()
    const [secret] = (await controlPlane.api.list({ group: '', version: 'v1', plural: 'secrets' })).items
    const kept = Buffer.from((secret as unknown as { data: { grants: string } }).data.grants, 'base64').toString()
    expect(kept).toContain('billing')
    expect(kept).not.toContain(token.slice(12))
  })

  it('gives a certificate that is renewed while a WorkloadEntry names the account', async () => {
    const { address, serverName } = controlPlane
    const rootsPem = controlPlane.rootsPem()
    const certificate = await requestWorkloadCertificate({ address, serverName, rootsPem, token: await createToken(), ttlSeconds: 3600 })
    const renew = async (): Promise<{ chain?: readonly string[]; code?: number }> => {
      const caller = createCaller(controlPlane, { certificate })
      try {
        return await caller.certify(csr())
      } finally {
        caller.close()
      }
    }
    expect(await renew()).toMatchObject({ code: status.PERMISSION_DENIED })
    controlPlane.api.apply({
      apiVersion: 'networking.istio.io/v1',
      kind: 'WorkloadEntry',
      metadata: { name: 'billing-1', namespace: 'vms' },
      spec: { address: '10.9.9.9', serviceAccount: 'billing' },
    })
    expect((await renew()).chain).toBeDefined()
  })

  it.each([
    ['without a hash', { workload }],
    ['for a name that cannot be', { tokenHash: 'a'.repeat(64), workload: { namespace: 'a,b', serviceAccount: 'c' } }],
    ['that lives too long', { tokenHash: 'a'.repeat(64), workload, ttlSeconds: 1e9 }],
    ['by something that is no hash', { tokenHash: 'secret', workload }],
  ])('is not made %s', async (_, fields) => {
    expect(await giveOrder(controlPlane, { do: 'create-join-token', ...fields })).toMatchObject({ ok: false })
  })
})
