import { expect, it } from 'vitest'
import { createDenyList, createTrustBundle, verifySvidPath } from '../../src/index.js'
import { issueLeaf, issueRoot, nowMs, workloadUri } from '../support/authority.js'

it('refuses a peer by its id or by the serial of its certificate, also when its chain verified before', () => {
  const root = issueRoot()
  const leaf = issueLeaf(root)
  const bundle = createTrustBundle({ roots: { 'cluster.local': root.pem } })
  const verify = (fields: Parameters<typeof createDenyList>[0]): unknown =>
    verifySvidPath({ chain: [leaf.der], bundle, nowMs, denyList: createDenyList(fields) })
  expect(verify({})).toMatchObject({ ok: true })
  expect(verify({ spiffeIds: [workloadUri] })).toMatchObject({ ok: false, reason: 'denied' })
  expect(verify({ serials: [leaf.certificate.serialHex] })).toMatchObject({ ok: false, reason: 'denied' })
  expect(verify({ spiffeIds: [`${workloadUri}x`], serials: ['00'] })).toMatchObject({ ok: true })
  expect(createDenyList({ spiffeIds: ['a'], serials: ['1', '2'] }).size).toBe(3)
})
