/** What a linear-time engine gives for a pattern, as routing wants it. The engine itself is the caller's. */
import type { LinearRegex } from './linear-regex.js'

/** The part of a compiled re2js pattern that is used. */
export interface Re2Pattern {
  matches(text: string): boolean
  matcher(text: string): { replaceAll(replacement: string): string }
}

export function re2Regex(compiled: Re2Pattern): LinearRegex {
  return {
    matches: (text) => compiled.matches(text),
    replaceAll: (text, substitution) => compiled.matcher(text).replaceAll(re2Substitution(substitution)),
  }
}

/** RE2 writes groups as `\1` (`\0` is the whole match) and a backslash as two; re2js writes `$1` and `$&`, and `$$` for a dollar. */
function re2Substitution(substitution: string): string {
  return substitution.replaceAll(/\\([\d\\])|\$/g, (_found, after: string | undefined) => {
    if (after === undefined) return '$$'
    if (after === '\\') return after
    return after === '0' ? '$&' : `$${after}`
  })
}
