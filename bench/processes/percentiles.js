/** What load generators say at the end: medians and tails of milliseconds, printed as JSON for the benchmark. */

export function printResult({ requests, seconds, errors, latencies }) {
  latencies.sort((a, b) => a - b)
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? null
  const result = { requests, seconds, errors, p50Ms: at(0.5), p99Ms: at(0.99) }
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
}

export const now = () => Number(process.hrtime.bigint()) / 1e6
