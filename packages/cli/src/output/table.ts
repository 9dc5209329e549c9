/** Aligned columns as kubectl prints them: three spaces between, capitals above, nothing after the last. */
type Row = readonly string[]

export interface TextTable {
  readonly header: Row
  readonly rows: readonly Row[]
}

export interface TableStyle {
  readonly noHeaders?: boolean
  /** Widths of the rows before, for tables that grow. */
  readonly atLeast?: readonly number[]
}

export function renderTable({ header, rows }: TextTable, { noHeaders = false, atLeast = [] }: TableStyle = {}): string {
  const shown = noHeaders ? rows : [header, ...rows]
  const widths = columnWidths({ header, rows }).map((width, column) => Math.max(width, atLeast[column] ?? 0))
  return shown.map((row) => `${row.map((cell, column) => padCell(cell, column, row, widths)).join('')}\n`).join('')
}

export function columnWidths({ header, rows }: TextTable): readonly number[] {
  return header.map((title, column) => rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), title.length))
}

function padCell(cell: string, column: number, row: Row, widths: readonly number[]): string {
  return column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 3)
}
