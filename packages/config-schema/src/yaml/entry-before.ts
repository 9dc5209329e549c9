/** Finds the entry before a badly indented line, of the mapping or list that the line was taken for a part of. */
import { isCollection, isPair, type Node } from 'yaml'

/** @returns the offset of the entry before; undefined when the line at `offset` is not a later entry of anything. */
export function entryBefore(root: Node | null | undefined, offset: number): number | undefined {
  let found: number | undefined
  let current: unknown = root
  while (isCollection(current)) {
    const starts = current.items.map(startOf)
    const at = starts.findIndex((start) => start !== undefined && start >= offset)
    if (at > 0) found = starts[at - 1]
    const item: unknown = current.items[at < 0 ? starts.length - 1 : at - 1]
    current = isPair(item) ? item.value : item
  }
  return found
}

function startOf(item: unknown): number | undefined {
  const node = (isPair(item) ? item.key : item) as Node | null
  return node?.range?.[0]
}
