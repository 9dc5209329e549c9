/**
 * Watches the parser token by token, so that a hostile document is given up where it becomes hostile and not at its end: too
 * deep, too many aliases, the same key over and over, values that no API server stores.
 */
import type { CST, Parser } from 'yaml'
import { nestingLimit } from './nesting.js'

export type Hostility = 'too-deep' | 'too-many-aliases' | 'too-many-duplicates' | 'too-many-properties' | 'too-many-quotes' | 'too-long'

/** Aliases that one text may hold; real manifests have a few dozen. */
export const aliasLimit = 2000
/** Keys that stand twice, after which the rest is not read. */
const duplicateLimit = 100

/** Anchors, tags and directives that one text may hold. */
export const propertyLimit = 2000

/** Characters of one value; a ConfigMap or Secret holds at most as many bytes (1 MiB). */
export const scalarLimit = 1_048_576

/** Quoted texts one behind the other: each of them is a fault, and the rest is not read. */
const adjacentQuoteLimit = 20

export interface TokenGuard {
  /** Asked after each lexeme. @returns why to stop. */
  readonly look: (lexeme: string) => Hostility | undefined
}

const [star, double, single, space] = [42, 34, 39, 32] as const
/** Of directives, anchors and tags. */
const propertySigns: ReadonlySet<number> = new Set([37, 38, 33])

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
  let quotes = 0
  let wasQuote = false
  const isDuplicate = (): boolean => {
    const map = stack.at(-1)
    if (map === undefined || !isMapping(map)) return false
    const key = map.items.at(-1)?.key
    if (!key || !('source' in key)) return false
    const seen = keys.get(map) ?? new Set()
    keys.set(map, seen)
    return seen.has(key.source) || seen.add(key.source) === undefined
  }
  /** Whether a quoted text comes right behind another. */
  const follows = (first: number): boolean => {
    const isQuote = first === double || first === single
    const isNext = isQuote && wasQuote
    if (first !== space) wasQuote = isQuote
    return isNext
  }
  return {
    look(lexeme) {
      if (stack.length > nestingLimit * 2) return 'too-deep'
      if (lexeme.length > scalarLimit) return 'too-long'
      const first = lexeme.charCodeAt(0)
      if (follows(first) && ++quotes > adjacentQuoteLimit) return 'too-many-quotes'
      if (first === star && lexeme.length > 1 && ++aliases > aliasLimit) return 'too-many-aliases'
      if (propertySigns.has(first) && ++properties > propertyLimit) return 'too-many-properties'
      if (lexeme === ':' && isDuplicate() && ++duplicates > duplicateLimit) return 'too-many-duplicates'
      return undefined
    },
  }
}

function isMapping(token: CST.Token): token is CST.BlockMap | CST.FlowCollection {
  return token.type === 'block-map' || (token.type === 'flow-collection' && token.start.source === '{')
}
