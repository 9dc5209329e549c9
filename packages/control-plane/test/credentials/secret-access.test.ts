import { createFakeClock, createMemoryLogger } from '@heddle/base/testing'
import { statusError } from '@heddle/client'
import { describe, expect, it } from 'vitest'
import { createSecretAccess } from '../../src/credentials/secret-access.js'
import { createFakeResourceClient } from '../../src/testing.js'

const account = { namespace: 'istio-system', serviceAccount: 'edge' }
const user = 'system:serviceaccount:istio-system:edge'

function harness() {
  const clock = createFakeClock()
  const client = createFakeResourceClient()
  const access = createSecretAccess(client, { clock, logger: createMemoryLogger() })
  return { clock, client, check: () => access.check(account) }
}

describe('the right to private keys', () => {
  it('is that to list Secrets, asked for again after a time', async () => {
    const { clock, client, check } = harness()
    client.deny(user)
    expect(await check()).toEqual({ isAllowed: false, validMs: 60_000 })
    client.allow(user)
    clock.advance(20_000)
    expect(await check()).toEqual({ isAllowed: false, validMs: 40_000 })
    clock.advance(40_000)
    expect(await check()).toEqual({ isAllowed: true, validMs: 300_000 })
    client.deny(user)
    clock.advance(300_000)
    expect(await check()).toMatchObject({ isAllowed: false })
  })

  it("is nobody's while the API is away, but for those who had it", async () => {
    const { clock, client, check } = harness()
    client.setAway(true)
    expect(await check()).toEqual({ isAllowed: false, validMs: 5000 })
    client.setAway(false)
    expect(await check()).toMatchObject({ isAllowed: true })
    client.setAway(true)
    clock.advance(300_000)
    expect(await check()).toEqual({ isAllowed: true, validMs: 5000 })
  })

  it("is everybody's in an API that reviews no access", async () => {
    const notFound = statusError({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404, reason: 'NotFound' })
    const client = { ...createFakeResourceClient(), create: () => Promise.reject(notFound) }
    const access = createSecretAccess(client, { clock: createFakeClock(), logger: createMemoryLogger() })
    expect(await access.check(account)).toMatchObject({ isAllowed: true })
  })
})
