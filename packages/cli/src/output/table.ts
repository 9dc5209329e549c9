/** Aligned columns as kubectl prints them: three spaces between, capitals above, nothing after the last. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map(
      (row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] as number) + 3))).join('')}\n`,
    )
    .join('')
}
