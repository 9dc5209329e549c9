/**
 * Watches the parser token by token, so that a hostile document is given up where it becomes hostile and not at its end: too
 * deep, too many aliases, the same key over and over.
 */
import type { CST, Parser } from 'yaml'
import { nestingLimit } from './nesting.js'

export type Hostility = 'too-deep' | 'too-many-aliases' | 'too-many-duplicates' | 'too-many-properties'

/** Aliases that one text may hold; real manifests have a few dozen. */
export const aliasLimit = 2000
/** Keys that stand twice, after which the rest is not read. */
const duplicateLimit = 100

/** Anchors, tags and directives that one text may hold. */
export const propertyLimit = 5000

export interface TokenGuard {
  /** Asked after each lexeme. @returns why to stop. */
  readonly look: (lexeme: string) => Hostility | undefined
}

const [percent, ampersand, star, exclamation] = [37, 38, 42, 33] as const

/** The parser keeps what it is inside of on a stack, outermost first. */
interface ParserInternals {
  readonly stack: readonly CST.Token[]
}

export function createTokenGuard(parser: Parser): TokenGuard {
  const { stack } = parser as unknown as ParserInternals
  const keys = new WeakMap<CST.Token, Set<string>>()
  let aliases = 0
  let duplicates = 0
  let properties = 0
  const isDuplicate = (): boolean => {
    const map = stack.at(-1)
    const key = map?.type === 'block-map' ? map.items.at(-1)?.key : undefined
    if (map === undefined || !key || !('source' in key)) return false
    const seen = keys.get(map) ?? new Set()
    keys.set(map, seen)
    return seen.has(key.source) || seen.add(key.source) === undefined
  }
  return {
    look(lexeme) {
      if (stack.length > nestingLimit * 2) return 'too-deep'
      const first = lexeme.charCodeAt(0)
      if (first === star && lexeme.length > 1 && ++aliases > aliasLimit) return 'too-many-aliases'
      if ((first === ampersand || first === exclamation || first === percent) && ++properties > propertyLimit) return 'too-many-properties'
      if (lexeme === ':' && isDuplicate() && ++duplicates > duplicateLimit) return 'too-many-duplicates'
      return undefined
    },
  }
}
