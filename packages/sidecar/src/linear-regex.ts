/** RE2 for routing, loaded when the first configuration with a regular expression comes. */
import { createRequire } from 'node:module'
import type { CompileRegex } from '@heddle/routing'
import type * as Re2 from 're2js'

const require = createRequire(import.meta.url)
let engine: typeof Re2 | undefined

export const compileRegex: CompileRegex = (pattern) => {
  engine ??= require('re2js') as typeof Re2
  const compiled = engine.RE2JS.compile(pattern)
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
