/** The pages of a proxy of several processes: what each of them counts, added up. */
import type { BoundListener, ClusterStats, EndpointStats, ProxyStats } from '@heddle/proxy-core'
import { emptyProxyConfig } from '@heddle/routing'
import type { DataPlaneView } from '../engine/data-plane.js'

const nothing: DataPlaneView = { config: emptyProxyConfig, refused: [], listeners: [], stats: { downstreamConnections: 0, clusters: [] } }

/** @param views of one proxy's workers, as many as answered; they hold the same configuration. */
export function mergeViews(views: readonly DataPlaneView[]): DataPlaneView {
  const { config, refused } = views[0] ?? nothing
  return {
    config,
    refused,
    stats: mergeStats(views.map(({ stats }) => stats)),
    listeners: mergeListeners(views.flatMap(({ listeners }) => listeners)),
  }
}

function mergeListeners(listeners: readonly BoundListener[]): readonly BoundListener[] {
  const byAddress = new Map<string, BoundListener>()
  for (const listener of listeners) {
    const key = `${listener.name} ${listener.address} ${listener.port}`
    const connections = listener.connections + (byAddress.get(key)?.connections ?? 0)
    byAddress.set(key, { ...listener, connections })
  }
  return [...byAddress.values()]
}

function mergeStats(all: readonly ProxyStats[]): ProxyStats {
  return {
    downstreamConnections: sum(all, ({ downstreamConnections }) => downstreamConnections),
    clusters: mergeBy(
      all.flatMap(({ clusters }) => clusters),
      ({ name }) => name,
      mergeClusters,
    ),
  }
}

function mergeClusters(same: readonly ClusterStats[]): ClusterStats {
  const [first] = same as readonly [ClusterStats]
  return {
    name: first.name,
    activeRequests: sum(same, ({ activeRequests }) => activeRequests),
    activeConnections: sum(same, ({ activeConnections }) => activeConnections),
    overflows: sum(same, ({ overflows }) => overflows),
    endpoints: mergeBy(
      same.flatMap(({ endpoints }) => endpoints),
      ({ address, port }) => `${address} ${port}`,
      mergeEndpoints,
    ),
  }
}

/** Each worker judges for itself: an endpoint counts as ejected when all have ejected it. */
function mergeEndpoints(same: readonly EndpointStats[]): EndpointStats {
  const [first] = same as readonly [EndpointStats]
  return {
    ...first,
    healthy: same.some(({ healthy }) => healthy),
    ejected: same.every(({ ejected }) => ejected),
    activeRequests: sum(same, ({ activeRequests }) => activeRequests),
    activeConnections: sum(same, ({ activeConnections }) => activeConnections),
    requests: sum(same, ({ requests }) => requests),
    failures: sum(same, ({ failures }) => failures),
  }
}

/** Sums of equal series; the order is that of their first appearance, family by family. */
export function mergeMetrics(texts: readonly string[]): string {
  const families = new Map<string, Map<string, number>>()
  for (const text of texts) {
    let series = new Map<string, number>()
    for (const line of text.split('\n')) {
      if (line === '') continue
      if (line.startsWith('#')) {
        series = families.get(line) ?? new Map<string, number>()
        families.set(line, series)
        continue
      }
      const space = line.lastIndexOf(' ')
      const name = line.slice(0, space)
      series.set(name, (series.get(name) ?? 0) + Number(line.slice(space + 1)))
    }
  }
  const lines = [...families].flatMap(([heading, series]) => [heading, ...[...series].map(([name, value]) => `${name} ${value}`)])
  return [...lines, ''].join('\n')
}

function mergeBy<Item>(items: readonly Item[], keyOf: (item: Item) => string, merge: (same: readonly Item[]) => Item): readonly Item[] {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups.values()].map(merge)
}

function sum<Item>(items: readonly Item[], valueOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0)
}
