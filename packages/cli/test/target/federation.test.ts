import { configMaps } from '@heddle/client/resources'
import { createFakeResourceClient } from '@heddle/control-plane/testing'
import { describe, expect, it } from 'vitest'
import { changeFederation } from '../../src/target/federation.js'

const metadata = { name: 'heddle-ca', namespace: 'istio-system' }

describe('the trust domains that the mesh believes', () => {
  it('are all kept when several operators add one at the same time, and so is what stands beside them', async () => {
    const client = createFakeResourceClient({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'jwt-rules': '[]' } })
    const names = ['a.example', 'b.example', 'c.example']
    await Promise.all(names.map((trustDomain) => changeFederation({ client }, (entries) => [...entries, { trustDomain }])))
    const data = (await client.get(configMaps, metadata.name, metadata.namespace))?.['data'] as Readonly<Record<string, string>>
    expect(data['jwt-rules']).toBe('[]')
    const kept = JSON.parse(data['federation'] ?? '') as readonly { readonly trustDomain: string }[]
    expect(kept.map(({ trustDomain }) => trustDomain).sort()).toEqual(names)
  })

  it.each(['junk', '{}', 'null'])('are not written over when somebody has made a mess of them (%s)', async (federation) => {
    const client = createFakeResourceClient({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { federation } })
    await expect(changeFederation({ client }, () => [])).rejects.toMatchObject({
      message: expect.stringContaining('istio-system/heddle-ca') as string,
      hint: expect.stringContaining('by hand') as string,
    })
  })
})
