/**
 * JSON in which no object has the same key twice. `JSON.parse` silently takes the last, another program the first, and what two
 * programs read differently must not be signed or trusted.
 */

export type StrictJsonResult = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

const maxDepth = 64

export function parseStrictJson(text: string): StrictJsonResult {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which may be a secret.
    return { ok: false, reason: 'it is not JSON' }
  }
  const fault = scan(text)
  return fault === undefined ? { ok: true, value } : { ok: false, reason: fault }
}

/** The text is known to be JSON, so only strings and brackets need a look: a string before a colon is a key. */
function scan(text: string): string | undefined {
  const keys: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      if (keys.length >= maxDepth) return `it is nested deeper than ${maxDepth} levels`
      keys.push(character === '{' ? new Set() : undefined)
    } else if (character === '}' || character === ']') keys.pop()
    else if (character === '"') {
      const end = endOfString(text, at)
      const known = keys.at(-1)
      if (known && isKey(text, end)) {
        const key = JSON.parse(text.slice(at, end + 1)) as string
        if (known.has(key)) return `it has the key ${JSON.stringify(key.slice(0, 60))} twice in one object`
        known.add(key)
      }
      at = end
    }
  }
  return undefined
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function isKey(text: string, end: number): boolean {
  let at = end + 1
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return text[at] === ':'
}
