/** The tables of the list of byte-level cases, as data: a row is its number, its cells, and the bytes between its one pair of backticks. */

export interface WireCase {
  /** The heading that the row stands below, such as `A. Message framing`. */
  readonly section: string
  /** The number with its letter: `7`, `U7`, `H7`, `T7`. */
  readonly id: string
  /** Every cell as it is written, the number included. */
  readonly cells: readonly string[]
  /** The bytes in the table's own notation; empty where the row has none. */
  readonly source: string
  /** What the cell of the bytes says beside them. */
  readonly prose: string
  readonly want: string
}

const rowPattern = /^\| \**([UHTPJ]?\d+[a-z]?)\** \| /
const codePattern = /^([^`]*)`(.*)`([^`]*)$/

/** Rows in the order of the page. Headings of any depth begin a section. */
export function readWireCases(markdown: string): readonly WireCase[] {
  const cases: WireCase[] = []
  let section = ''
  for (const line of markdown.split('\n')) {
    const heading = /^#+ (.*)$/.exec(line)
    if (heading) section = heading[1] as string
    const id = rowPattern.exec(line)?.[1]
    if (id === undefined) continue
    const cells = line.replace(/^\| | \|$/g, '').split(' | ')
    const code = codePattern.exec(cells[1] ?? '')
    cases.push({
      section,
      id,
      cells,
      source: code?.[2] ?? '',
      prose: `${code?.[1] ?? cells[1] ?? ''}${code?.[3] ?? ''}`.trim(),
      want: cells[2] ?? '',
    })
  }
  return cases
}
