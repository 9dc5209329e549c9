/** Regular expressions as a dependency: only engines that match in linear time (RE2) may run on request data. */
import { HeddleError, messageOf } from '@heddle/base'

export interface LinearRegex {
  /** Whether the whole of `text` matches. */
  matches(text: string): boolean
  /** Replaces every match; `\0` to `\9` in `substitution` are the groups, as in RE2. */
  replaceAll(text: string, substitution: string): string
}

/** @throws anything for a pattern that RE2 refuses. */
export type CompileRegex = (pattern: string) => LinearRegex

/**
 * Compiles, or says why not.
 * @throws HEDDLE_ROUTING_REGEX_UNAVAILABLE when no engine was given; HEDDLE_ROUTING_REGEX_INVALID when the engine refuses the pattern.
 */
export function compileWith(compileRegex: CompileRegex | undefined, pattern: string): LinearRegex {
  if (!compileRegex) {
    throw new HeddleError({
      code: 'HEDDLE_ROUTING_REGEX_UNAVAILABLE',
      message: `the regular expression "${pattern}" cannot be used: no linear-time engine was given`,
      origin: 'user',
      hint: 'Pass compileRegex, for example one made with re2js.',
    })
  }
  try {
    return compileRegex(pattern)
  } catch (cause) {
    throw new HeddleError({
      code: 'HEDDLE_ROUTING_REGEX_INVALID',
      message: `the regular expression "${pattern}" is not RE2: ${messageOf(cause)}`,
      origin: 'user',
      cause,
    })
  }
}
