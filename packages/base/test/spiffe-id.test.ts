import { describe, expect, it } from 'vitest'
import { formatWorkloadId, parseSpiffeId, workloadOf } from '../src/index.js'

describe('SPIFFE ids', () => {
  it('are parsed into trust domain and path', () => {
    expect(parseSpiffeId('spiffe://cluster.local/ns/default/sa/web')).toEqual({
      ok: true,
      id: { uri: 'spiffe://cluster.local/ns/default/sa/web', trustDomain: 'cluster.local', path: '/ns/default/sa/web' },
    })
    expect(parseSpiffeId('spiffe://example.org')).toMatchObject({ ok: true, id: { path: '' } })
  })

  it.each([
    'SPIFFE://cluster.local/a',
    'spiffe:/cluster.local/a',
    'spiffe:///a',
    'spiffe://Cluster.local/a',
    'spiffe://cluster.local:8080/a',
    'spiffe://user@cluster.local/a',
    'spiffe://cluster.local/',
    'spiffe://cluster.local/a/',
    'spiffe://cluster.local//a',
    'spiffe://cluster.local/a/../b',
    'spiffe://cluster.local/./a',
    'spiffe://cluster.local/a%20b',
    'spiffe://cluster.local/a?b',
    'spiffe://cluster.local/a#b',
    'spiffe://cluster.local/ä',
    ` spiffe://cluster.local/a`,
    `spiffe://${'a'.repeat(256)}/a`,
    `spiffe://cluster.local/${'a'.repeat(2048)}`,
  ])('%s is none', (uri) => {
    expect(parseSpiffeId(uri).ok).toBe(false)
  })

  it('name a workload only in the form of Istio', () => {
    const workload = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'web' }
    const parsed = parseSpiffeId(formatWorkloadId(workload))
    expect(parsed.ok && workloadOf(parsed.id)).toEqual(workload)
    const other = parseSpiffeId('spiffe://cluster.local/ns/default/web')
    expect(other.ok && workloadOf(other.id)).toBeUndefined()
  })
})
