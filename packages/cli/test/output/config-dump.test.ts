import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ConfigDump, type DumpPart, dumpTable, resourcesOf } from '../../src/output/config-dump.js'
import { renderTable } from '../../src/output/table.js'

const goldens = resolve(import.meta.dirname, '../../../../../shared/corpus/istiod')

/** What a real istiod gave a proxy, in the frame of Envoy's page. */
function goldenDump(proxy: string): ConfigDump {
  const read = (part: string): readonly Readonly<Record<string, unknown>>[] =>
    JSON.parse(readFileSync(resolve(goldens, proxy, `${part}.json`), 'utf8')) as readonly Readonly<Record<string, unknown>>[]
  return {
    configs: [
      { dynamic_active_clusters: read('clusters').map((cluster) => ({ version_info: '1', cluster })) },
      { dynamic_listeners: read('listeners').map((listener) => ({ name: listener['name'], active_state: { listener } })) },
      { dynamic_route_configs: read('routes').map((route) => ({ version_info: '1', route_config: route })) },
      { dynamic_endpoint_configs: read('endpoints').map((endpoint) => ({ endpoint_config: endpoint })) },
    ],
  }
}

describe.skipIf(!existsSync(goldens))("the tables of a sidecar's configuration (skipped without the corpus)", () => {
  const dump = existsSync(goldens) ? goldenDump('article-v1/sleep') : { configs: [] }
  const lines = (part: DumpPart, filter = {}) =>
    renderTable(dumpTable(dump, part, filter))
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd().replaceAll(/ {2,}/g, ' | '))

  it('show clusters by service', () => {
    const rows = lines('clusters')
    expect(rows[0]).toBe('SERVICE FQDN | PORT | SUBSET | DIRECTION | TYPE | DESTINATION RULE')
    expect(rows).toContain('helloworld.default.svc.cluster.local | 80 | - | outbound | EDS')
    expect(rows).toContain('BlackHoleCluster | - | - | - | STATIC')
    const names = dumpTable(dump, 'clusters').rows.map(([name]) => name)
    expect(names).toEqual(names.toSorted((left = '', right = '') => (left < right ? -1 : 1)))
  })

  it('show what each filter chain of a listener matches and where it leads', () => {
    const rows = lines('listeners')
    expect(rows[0]).toBe('ADDRESSES | PORT | MATCH | DESTINATION')
    for (const row of [
      '0.0.0.0 | 80 | Trans: raw_buffer; App: http/1.1,h2c | Route: 80',
      '0.0.0.0 | 80 | ALL | PassthroughCluster',
      '10.96.0.1 | 443 | ALL | Cluster: outbound|443||kubernetes.default.svc.cluster.local',
      '0.0.0.0 | 15001 | ALL | PassthroughCluster',
      '0.0.0.0 | 15006 | Trans: raw_buffer; App: http/1.1,h2c | InboundPassthroughCluster',
      '0.0.0.0 | 15006 | Trans: raw_buffer; Addr: *:80 | Cluster: inbound|80||',
    ])
      expect(rows).toContain(row)
    const ports = dumpTable(dump, 'listeners').rows.map((row) => Number(row[1]))
    expect(ports).toEqual(ports.toSorted((left, right) => left - right))
  })

  it('show every route with its domains and its VirtualService', () => {
    const rows = lines('routes')
    expect(rows[0]).toBe('NAME | VHOST NAME | DOMAINS | MATCH | VIRTUAL SERVICE')
    expect(rows).toContain('80 | helloworld.default.svc.cluster.local:80 | helloworld, helloworld.default + 1 more... | /*')
    const gateway = renderTable(dumpTable(goldenDump('article-v1/istio-ingressgateway'), 'routes'))
    expect(gateway).toMatch(/^http\.8080 +\*:80 +\* +\/\* +helloworld\.default$/m)
  })

  it('show endpoints by address', () => {
    const rows = lines('endpoints', { cluster: 'outbound|80||helloworld.default.svc.cluster.local' })
    expect(rows[0]).toBe('NAME | STATUS | LOCALITY | CLUSTER')
    expect(rows.slice(1)).toEqual([expect.stringMatching(/^10\.[\d.]+:8080 \| HEALTHY \| .*outbound\|80\|\|helloworld\.default/)])
  })

  it('keep what flags pick, as rows and as JSON', () => {
    expect(lines('clusters', { fqdn: 'helloworld' })).toHaveLength(2)
    expect(lines('clusters', { direction: 'inbound' }).slice(1)).toEqual([' | 80 | - | inbound | ORIGINAL_DST'])
    expect(lines('listeners', { port: '15001' })).toHaveLength(3)
    expect(lines('routes', { name: '80' }).length).toBeGreaterThan(1)
    expect(lines('endpoints', { status: 'unhealthy' })).toHaveLength(1)
    const port = String(dumpTable(dump, 'endpoints').rows[0]?.[0]?.split(':')[1])
    expect(lines('endpoints', { port }).length).toBeGreaterThan(1)
    expect(resourcesOf(dump, 'clusters', { fqdn: 'helloworld' }).map(({ name }) => name)).toEqual([
      'outbound|80||helloworld.default.svc.cluster.local',
    ])
    expect(resourcesOf(dump, 'clusters')).toHaveLength(lines('clusters').length - 1)
  })

  it.each(['article-canary/istio-ingressgateway', 'bookinfo/productpage-v1', 'gateway-tls/istio-ingressgateway', 'traffic/sleep'])(
    'can be made of %s',
    (proxy) => {
      if (!existsSync(resolve(goldens, proxy))) return
      for (const part of ['clusters', 'listeners', 'routes', 'endpoints'] as const) {
        const { header, rows } = dumpTable(goldenDump(proxy), part)
        expect(rows.length).toBeGreaterThan(0)
        for (const row of rows) expect(row).toHaveLength(header.length)
      }
    },
  )
})

describe('secrets', () => {
  it('show what is known of a certificate, never its key', () => {
    const secret = {
      name: 'default',
      type: 'Cert Chain',
      status: 'ACTIVE',
      valid: true,
      serial_number: 'ab',
      not_after: 'b',
      not_before: 'a',
    }
    const dump = { configs: [{ dynamic_active_secrets: [{ name: 'default', secret }] }] }
    expect(dumpTable(dump, 'secrets').rows).toEqual([['default', 'Cert Chain', 'ACTIVE', 'true', 'ab', 'b', 'a']])
  })
})
