/** Ends a stand-in as a well-behaved container ends: no new work after SIGTERM, and out. */
export function endOnSignal(close: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      close()
      process.exit(0)
    })
  }
}
