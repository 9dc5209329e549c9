import { expect, it } from 'vitest'
import { compareConfiguration } from '../../src/output/config-comparison.js'
import { readableType, statusTable } from '../../src/output/proxy-status-table.js'
import { renderTable } from '../../src/output/table.js'

const synced = { state: 'SYNCED' }
const entry = { cluster: 'Kubernetes', version: '0.1.0', istiod: 'istiod-1' }
const proxies = [
  { ...entry, proxy: 'web.default', types: { NDS: synced, CDS: synced, LDS: synced, EDS: synced, RDS: { state: 'STALE', error: 'no' } } },
  { ...entry, proxy: 'gateway.istio-system', types: { CDS: synced, LDS: synced, EDS: synced, RDS: { state: 'NOT SENT' } } },
]

it("shows istioctl's columns, and whether everything is acknowledged", () => {
  expect(renderTable(statusTable(proxies))).toBe(
    [
      'NAME                   CLUSTER      ISTIOD     VERSION   SUBSCRIBED TYPES          STATE',
      'gateway.istio-system   Kubernetes   istiod-1   0.1.0     4 (CDS,LDS,EDS,RDS)       SYNCED',
      'web.default            Kubernetes   istiod-1   0.1.0     5 (CDS,LDS,EDS,RDS,NDS)   STALE (RDS)',
      '',
    ].join('\n'),
  )
})

it('shows for each proxy which types it has acknowledged when asked for more', () => {
  expect(renderTable(statusTable(proxies, 1))).toBe(
    [
      'NAME                   CLUSTER      CDS      LDS      EDS      RDS        ECDS      ISTIOD     VERSION',
      'gateway.istio-system   Kubernetes   SYNCED   SYNCED   SYNCED   NOT SENT   IGNORED   istiod-1   0.1.0',
      'web.default            Kubernetes   SYNCED   SYNCED   SYNCED   STALE      IGNORED   istiod-1   0.1.0',
      '',
    ].join('\n'),
  )
})

it('names what a proxy runs that istiod does not have for it, and the other way round', () => {
  const dump = (clusters: readonly object[]) => ({
    configs: [{ dynamic_active_clusters: clusters.map((cluster) => ({ cluster })) }],
  })
  const sent = { clusters: [{ name: 'a' }, { name: 'b', lb: { policy: 'RING' } }], listeners: [], routes: [] }
  expect(compareConfiguration(sent, dump(sent.clusters))).toEqual(
    ['Clusters', 'Listeners', 'Routes'].map((title) => ({ title, differences: [] })),
  )
  const own = dump([{ name: 'b', lb: { policy: 'RANDOM' } }, { name: 'c' }])
  expect(compareConfiguration(sent, own)[0]?.differences).toEqual([
    'a: istiod has it, the proxy does not',
    'b: differs at lb.policy: istiod "RING", proxy "RANDOM"',
    'c: the proxy has it, istiod does not',
  ])
})

it('writes the types of another version in words, not as URLs', () => {
  expect(readableType('type.googleapis.com/heddle.xds.TrustBundle')).toBe('TrustBundle')
  expect(readableType('CDS')).toBe('CDS')
})
