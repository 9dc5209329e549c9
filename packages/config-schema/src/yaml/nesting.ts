/** How deep a parsed token stream nests, found without recursion: composing is recursive, so this guards its stack. */
import type { CST } from 'yaml'

/** Levels of mappings and lists; a Pod has about 15, a large CRD schema about 60. */
export const nestingLimit = 200

/** @returns the offset of the first token deeper than the limit, or undefined. */
export function tooDeepAt(token: CST.Token): number | undefined {
  const stack: { readonly token: CST.Token; readonly depth: number }[] = [{ token, depth: 0 }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (top.depth > nestingLimit) return top.token.offset
    const depth = top.depth + 1
    if (top.token.type === 'document') {
      if (top.token.value) stack.push({ token: top.token.value, depth })
      continue
    }
    if (!('items' in top.token)) continue
    for (const item of top.token.items) {
      if (item.key) stack.push({ token: item.key, depth })
      if (item.value) stack.push({ token: item.value, depth })
    }
  }
  return undefined
}
