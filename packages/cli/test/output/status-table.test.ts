import { expect, it } from 'vitest'
import { statusTable } from '../../src/commands/proxy-status.js'
import { renderTable } from '../../src/output/table.js'

it('shows for each proxy which types it has acknowledged', () => {
  const synced = { state: 'SYNCED' }
  const entry = { cluster: 'Kubernetes', version: '0.1.0', istiod: 'istiod-1' }
  const table = statusTable([
    { ...entry, proxy: 'web.default', types: { CDS: synced, LDS: synced, EDS: synced, RDS: { state: 'STALE', error: 'no' } } },
    { ...entry, proxy: 'gateway.istio-system', types: { CDS: synced, LDS: synced, EDS: synced } },
  ])
  expect(renderTable(table)).toBe(
    [
      'NAME                   CLUSTER      CDS      LDS      EDS      RDS       ISTIOD     VERSION',
      'gateway.istio-system   Kubernetes   SYNCED   SYNCED   SYNCED   IGNORED   istiod-1   0.1.0',
      'web.default            Kubernetes   SYNCED   SYNCED   SYNCED   STALE     istiod-1   0.1.0',
      '',
    ].join('\n'),
  )
})
