import { createCa, createMemoryCaStore } from '@heddle/ca'
import { decodeTrust, trustTypeUrls } from '@heddle/xds'
import { expect, it } from 'vitest'
import { trustResourcesOf } from '../../src/citadel/trust-resources.js'

it("former names of the mesh come with the mesh's own roots and keys, beside other trust domains", async () => {
  await using ca = await createCa({ trustDomain: 'new.example', trustDomainAliases: ['cluster.local'], store: createMemoryCaStore() })
  const other = { trustDomain: 'other.example', rootsPem: 'theirs', jwks: '{"keys":[]}' }
  const [, [resource] = []] = trustResourcesOf(ca, [other]).find(([typeUrl]) => typeUrl === trustTypeUrls.trustBundle) ?? []
  const trust = decodeTrust(resource?.bytes ?? new Uint8Array())
  expect(trust.trustDomain).toBe('new.example')
  expect(trust.federated).toEqual([{ trustDomain: 'cluster.local', rootsPem: ca.bundle().rootsPem, jwks: trust.jwks }, other])
})
