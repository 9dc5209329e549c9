import { describe, expect, it } from 'vitest'
import { knowsEndpoints } from '../../src/target/endpoint-news.js'

const endpoint = (address: string) => ({ endpoint: { address: { socketAddress: { address, portValue: 8080 } } }, healthStatus: 'HEALTHY' })
const dump = (endpoints: Readonly<Record<string, readonly string[]>>) => ({
  configs: [
    { dynamic_active_clusters: Object.keys(endpoints).map((name) => ({ cluster: { name } })) },
    {
      dynamic_endpoint_configs: Object.entries(endpoints).map(([clusterName, addresses]) => ({
        endpoint_config: { clusterName, endpoints: [{ lbEndpoints: addresses.map(endpoint) }] },
      })),
    },
  ],
})
const cluster = (host: string, subset = ''): string => `outbound|80|${subset}|${host}.default.svc.cluster.local`

describe('a proxy knows the Pods of a rollout', () => {
  const knows = (endpoints: Readonly<Record<string, readonly string[]>>): boolean =>
    knowsEndpoints(dump(endpoints), ['web.default.svc.'], ['127.9.0.1', '127.9.0.2'])

  it('when each of its clusters for their Services has all of them', () => {
    expect(knows({ [cluster('web')]: ['127.9.0.1', '127.9.0.2', '127.9.0.3'] })).toBe(true)
    expect(knows({ [cluster('web')]: ['127.9.0.1'] })).toBe(false)
    expect(knows({ [cluster('web')]: [] })).toBe(false)
  })

  it('whatever subsets, other Services and its own ports have', () => {
    const others = { [cluster('web', 'v1')]: [], [cluster('webb')]: [], [cluster('other')]: [], 'inbound|80||': [] }
    expect(knows({ ...others, [cluster('web')]: ['127.9.0.1', '127.9.0.2'] })).toBe(true)
  })

  it('when it does not see their Services at all', () => {
    expect(knows({})).toBe(true)
  })
})
