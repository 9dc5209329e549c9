/** A benchmark's result as a table for people. */
import type { BenchmarkResult, ContenderResult } from './result.js'

const columns: readonly (readonly [title: string, read: (contender: ContenderResult) => string])[] = [
  ['contender', ({ name }) => name],
  ['version', ({ version }) => version],
  ['duty', ({ duty }) => duty],
  ['CPU ms/1k', ({ cpuMsPer1k }) => cpuMsPer1k.toFixed(2)],
  ['x nginx', ({ xNginx }) => times(xNginx)],
  ['x envoy', ({ xEnvoy }) => times(xEnvoy)],
  ['rps', ({ rps }) => String(rps)],
  ['p50 ms', ({ p50Ms }) => p50Ms.toFixed(3)],
  ['p99 ms', ({ p99Ms }) => p99Ms.toFixed(3)],
  ['RSS MB', ({ rssMb }) => rssMb.toFixed(1)],
  ['errors', ({ errors }) => String(errors)],
]

function times(ratio: number | null): string {
  return ratio === null ? '-' : ratio.toFixed(2)
}

export function formatReport({ machine, benchmark, rounds, contenders, skipped }: BenchmarkResult): string {
  const rows = [columns.map(([title]) => title), ...contenders.map((contender) => columns.map(([, read]) => read(contender)))]
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number)))
      .join('  ')
      .trimEnd(),
  )
  return [
    `benchmark ${benchmark}: medians of ${rounds} interleaved rounds`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}`,
    `load: ${machine.loadGenerator}; upstream: ${machine.upstream}; ${machine.isPinned ? 'proxy on core 0, load and upstream on core 1' : 'NOT PINNED: ratios only'}; load average before: ${machine.loadAverage}`,
    '',
    ...lines,
    '',
    ...skipped,
    'x envoy compares equal duties. Rps is a floor: the load generator shares its core with the upstream.',
    '',
  ].join('\n')
}
