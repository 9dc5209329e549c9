/** A benchmark's result as a table for people. */
import type { BarResult } from './bars.js'
import type { BenchmarkResult, ContenderResult } from './result.js'

type Column = readonly [title: string, read: (contender: ContenderResult) => string]

const columns: readonly Column[] = [
  ['contender', ({ name }) => name],
  ['version', ({ version }) => version],
  ['duty', ({ duty }) => duty],
  ['load', ({ measure }) => measure],
  ['CPU ms/1k', ({ cpuMsPer1k }) => number(cpuMsPer1k, 2)],
  ['x nginx', ({ xNginx }) => number(xNginx, 2)],
  ['x envoy', ({ xEnvoy }) => number(xEnvoy, 2)],
  ['per s', ({ rps }) => String(rps)],
  ['p50 ms', ({ p50Ms }) => number(p50Ms, 3)],
  ['p99 ms', ({ p99Ms }) => number(p99Ms, 3)],
  ['RSS MB', ({ rssMb }) => number(rssMb, 1)],
  ['errors', ({ errors }) => String(errors)],
]
const textColumnCount = 4

/** Columns of some benchmarks only. */
const moreColumns: readonly (readonly [...Column, key: keyof ContenderResult])[] = [
  ['B alloc/req', ({ allocatedBytesPerRequest }) => number(allocatedBytesPerRequest, 0), 'allocatedBytesPerRequest'],
  ['B kept/req', ({ retainedBytesPerRequest }) => number(retainedBytesPerRequest, 1), 'retainedBytesPerRequest'],
  ['KB/idle conn', ({ kbPerConnection }) => number(kbPerConnection, 1), 'kbPerConnection'],
  ['KB/idle mTLS', ({ kbPerTlsConnection }) => number(kbPerTlsConnection, 1), 'kbPerTlsConnection'],
]

function number(value: number | null | undefined, digits: number): string {
  return typeof value === 'number' ? value.toFixed(digits) : '-'
}

export function formatReport({ machine, benchmark, rounds, contenders, bars, skipped }: BenchmarkResult): string {
  const more = moreColumns.filter(([, , key]) => contenders.some((contender) => typeof contender[key] === 'number'))
  const shown = [...columns, ...more]
  const rows = [shown.map(([title]) => title), ...contenders.map((contender) => shown.map(([, read]) => read(contender)))]
  const isMegabytes = contenders.some(({ unit }) => unit === 'MB')
  const units = [...new Set(contenders.map(({ unit }) => unit))].join(' or ')
  return [
    `benchmark ${benchmark}: medians of ${rounds} interleaved rounds`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}`,
    `load: ${machine.loadGenerator}; upstream: ${machine.upstream}; ${machine.isPinned ? 'proxy on core 0, load and upstream on core 1' : 'NOT PINNED: ratios only'}; load average before: ${machine.loadAverage}`,
    '',
    ...table(rows, textColumnCount),
    '',
    ...skipped,
    `CPU is for 1,000 units: ${units}${isMegabytes ? ' (1,000 MB are 1 GB: CPU ms for a GB)' : ''}. x envoy compares equal duties. What is done in a second is a floor: the load generator shares its core with the upstream.`,
    '',
    ...barLines(bars),
  ].join('\n')
}

function barLines(bars: readonly BarResult[]): readonly string[] {
  if (bars.length === 0) return []
  const rows = bars.map(({ bar, measured, isMet }) => [
    bar,
    number(measured, 2),
    isMet === null ? 'not measured' : isMet ? 'met' : 'NOT MET',
  ])
  return [...table([['bar', 'measured', ''], ...rows], 1), '']
}

function table(rows: readonly (readonly string[])[], textColumns: number): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column < textColumns ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number)))
      .join('  ')
      .trimEnd(),
  )
}
