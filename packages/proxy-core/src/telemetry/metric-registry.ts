/**
 * Counters, gauges and histograms in Prometheus' text format. A series is bound once and then costs an addition; that is
 * what makes Istio's 25 labels affordable on every request.
 */

export interface Counter {
  value: number
}

export interface Histogram {
  readonly counts: number[]
  sum: number
  count: number
}

export interface MetricRegistry {
  counter(name: string, labels: string): Counter
  histogram(name: string, labels: string): Histogram
  /** Read when metrics are rendered. Given again, the new reader counts. */
  gauge(name: string, labels: string, read: () => number): void
  render(): string
}

/** Envoy's default buckets, in milliseconds. */
const buckets: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
]

export function observe(histogram: Histogram, value: number): void {
  let bucket = 0
  while (bucket < buckets.length && value > (buckets[bucket] as number)) bucket++
  ;(histogram.counts[bucket] as number)++
  histogram.sum += value
  histogram.count++
}

/** Label pairs as they stand between the braces. */
export function renderLabels(labels: Readonly<Record<string, string | number>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`)
    .join(',')
}

export function createMetricRegistry(): MetricRegistry {
  const counters = new Map<string, Map<string, Counter>>()
  const histograms = new Map<string, Map<string, Histogram>>()
  const gauges = new Map<string, Map<string, () => number>>()
  return {
    counter: (name, labels) => bind(counters, name, labels, () => ({ value: 0 })),
    histogram: (name, labels) =>
      bind(histograms, name, labels, () => ({ counts: Array.from({ length: buckets.length + 1 }, () => 0), sum: 0, count: 0 })),
    gauge: (name, labels, read) => void familyOf(gauges, name).set(labels, read),
    render: () =>
      [
        ...renderFamilies(counters, 'counter', ({ value }) => value),
        ...renderFamilies(gauges, 'gauge', (read) => read()),
        ...renderHistograms(histograms),
        '',
      ].join('\n'),
  }
}

function familyOf<Value>(families: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  let family = families.get(name)
  if (!family) families.set(name, (family = new Map<string, Value>()))
  return family
}

function bind<Value>(families: Map<string, Map<string, Value>>, name: string, labels: string, make: () => Value): Value {
  const family = familyOf(families, name)
  let value = family.get(labels)
  if (value === undefined) family.set(labels, (value = make()))
  return value
}

function* renderFamilies<Value>(
  families: ReadonlyMap<string, ReadonlyMap<string, Value>>,
  type: string,
  read: (value: Value) => number,
): Generator<string> {
  for (const [name, family] of families) {
    yield `# TYPE ${name} ${type}`
    for (const [labels, value] of family) yield `${name}{${labels}} ${read(value)}`
  }
}

function* renderHistograms(families: ReadonlyMap<string, ReadonlyMap<string, Histogram>>): Generator<string> {
  for (const [name, family] of families) {
    yield `# TYPE ${name} histogram`
    for (const [labels, { counts, sum, count }] of family) {
      const prefix = labels === '' ? '' : `${labels},`
      let below = 0
      for (const [index, bound] of buckets.entries()) yield `${name}_bucket{${prefix}le="${bound}"} ${(below += counts[index] as number)}`
      yield `${name}_bucket{${prefix}le="+Inf"} ${count}`
      yield `${name}_sum{${labels}} ${sum}`
      yield `${name}_count{${labels}} ${count}`
    }
  }
}
