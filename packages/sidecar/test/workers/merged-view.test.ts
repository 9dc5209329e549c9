import { expect, it } from 'vitest'
import { mergeMetrics, mergeViews } from '../../src/workers/merged-view.js'
import type { DataPlaneView } from '../../src/engine/data-plane.js'

it('adds up equal series and keeps families together', () => {
  const one = '# TYPE a counter\na{x="1"} 2\na{x="2"} 1\n# TYPE b histogram\nb_bucket{le="+Inf"} 4\nb_sum{} 1.5\n'
  const two = '# TYPE a counter\na{x="2"} 5\na{x="3"} 7\n# TYPE b histogram\nb_bucket{le="+Inf"} 1\nb_sum{} 0.25\n# TYPE c gauge\nc{} 9\n'
  expect(mergeMetrics([one, two])).toBe(
    '# TYPE a counter\na{x="1"} 2\na{x="2"} 6\na{x="3"} 7\n# TYPE b histogram\nb_bucket{le="+Inf"} 5\nb_sum{} 1.75\n# TYPE c gauge\nc{} 9\n',
  )
})

it('is empty when no worker answers', () => {
  expect(mergeMetrics([])).toBe('')
  expect(mergeViews([]).listeners).toEqual([])
})

it('shows an address once and an endpoint as ejected only when all workers have ejected it', () => {
  const view = (connections: number, ejected: boolean): DataPlaneView => ({
    ...mergeViews([]),
    listeners: [{ name: 'l', address: '127.0.0.1', port: 80, connections }],
    stats: {
      downstreamConnections: connections,
      clusters: [{ name: 'c', activeRequests: 1, activeConnections: 2, overflows: 3, endpoints: [endpoint(ejected)] }],
    },
  })
  const merged = mergeViews([view(2, true), view(3, false)])
  expect(merged.listeners).toEqual([{ name: 'l', address: '127.0.0.1', port: 80, connections: 5 }])
  expect(merged.stats).toEqual({
    downstreamConnections: 5,
    clusters: [
      {
        name: 'c',
        activeRequests: 2,
        activeConnections: 4,
        overflows: 6,
        endpoints: [{ ...endpoint(false), activeRequests: 2, activeConnections: 2, requests: 20, failures: 4 }],
      },
    ],
  })
  expect(mergeViews([view(1, true), view(1, true)]).stats.clusters[0]?.endpoints[0]?.ejected).toBe(true)
})

function endpoint(ejected: boolean): DataPlaneView['stats']['clusters'][number]['endpoints'][number] {
  const counts = { activeRequests: 1, activeConnections: 1, requests: 10, failures: 2 }
  return { address: '10.0.0.1', port: 80, healthy: true, degraded: false, ejected, weight: 1, priority: 0, ...counts }
}
