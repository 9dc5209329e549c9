/** Loads an RE2 engine, which is large, only when it is asked for. */
import type { RegexCompiler } from './validate/options.js'

/**
 * The engine for `compileRegex`: it reads exactly what proxies read (RE2), where JavaScript's own expressions differ.
 * Compiled expressions match in linear time. Results are not kept: each call compiles anew.
 */
export async function loadRegexCompiler(): Promise<RegexCompiler> {
  const { RE2JS } = await import('re2js')
  return (expression) => RE2JS.compile(expression)
}
