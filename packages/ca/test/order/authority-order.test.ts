import { describe, expect, it } from 'vitest'
import { type AuthorityOrder, encodeOrder, parseOrder } from '../../src/index.js'

const id = 'spiffe://cluster.local/ns/default/sa/web'
const workload = { namespace: 'default', serviceAccount: 'vm' }

describe('an order to the authority', () => {
  it.each<AuthorityOrder>([
    { do: 'rotate-start', revokeWhen: 'acknowledged' },
    { do: 'rotate-activate', force: true },
    { do: 'rotate-abort' },
    { do: 'revoke', fingerprint: 'ab', force: false },
    { do: 'deny', spiffeId: id, reason: 'lost' },
    { do: 'allow', serialHex: '40aa' },
    { do: 'create-join-token', tokenHash: 'ab', workload, ttlSeconds: 60 },
  ])('is read as it was given: $do', (order) => {
    expect(parseOrder(encodeOrder({ order, claimedActor: 'alice' }))).toEqual({ ok: true, order, claimedActor: 'alice' })
    expect(parseOrder(encodeOrder({ order }))).toEqual({ ok: true, order })
  })

  it('asks for the careful way where it does not say', () => {
    expect(parseOrder('{"do":"rotate-start"}')).toMatchObject({ order: { revokeWhen: 'leaves-ended' } })
    expect(parseOrder('{"do":"rotate-activate"}')).toMatchObject({ order: { force: false } })
  })

  it.each([
    ['', 'no JSON'],
    ['null', 'no object'],
    ['[]', 'no object'],
    ['{}', 'not an order'],
    ['{"do":"dance"}', '"dance" is not an order'],
    ['{"do":"deny"}', 'either "spiffeId" or "serialHex"'],
    ['{"do":"allow","spiffeId":"a","serialHex":"b"}', 'either "spiffeId" or "serialHex"'],
    ['{"do":"deny","spiffeId":1}', '"spiffeId" is no text'],
    ['{"do":"revoke"}', '"fingerprint" is missing'],
    ['{"do":"revoke","fingerprint":"ab","force":"yes"}', '"force"'],
    ['{"do":"rotate-start","revokeWhen":"now"}', '"revokeWhen"'],
    ['{"do":"create-join-token","tokenHash":"ab"}', 'the workload that it is for'],
    ['{"do":"create-join-token","tokenHash":"ab","workload":{"namespace":"a"}}', '"serviceAccount" is missing'],
    ['{"do":"rotate-abort","claimedActor":{}}', '"claimedActor" is no text'],
  ])('that is half said is refused: %s', (text, words) => {
    expect(parseOrder(text)).toMatchObject({ ok: false, reason: expect.stringContaining(words) as string })
  })
})
