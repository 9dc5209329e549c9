/** Compiled envoy.type.matcher.v3.StringMatcher: one closure per configured matcher, none per request. */
import type { StringMatcher } from '../model/matcher.js'
import { type CompileRegex, compileWith } from './linear-regex.js'

export type StringTest = (value: string) => boolean

export function compileStringMatcher(matcher: StringMatcher, compileRegex?: CompileRegex): StringTest {
  if (matcher.kind === 'regex') {
    const regex = compileWith(compileRegex, matcher.value)
    return (value) => regex.matches(value)
  }
  if (!matcher.ignoreCase) return plainTest(matcher.kind, matcher.value)
  const folded = plainTest(matcher.kind, matcher.value.toLowerCase())
  return (value) => folded(value.toLowerCase())
}

/** How a matcher reads in a sentence: `prefix "/api"`. */
export function describeStringMatcher(matcher: StringMatcher): string {
  return `${matcher.kind} "${matcher.value}"${matcher.ignoreCase ? ' without case' : ''}`
}

function plainTest(kind: 'exact' | 'prefix' | 'suffix' | 'contains', expected: string): StringTest {
  switch (kind) {
    case 'exact':
      return (value) => value === expected
    case 'prefix':
      return (value) => value.startsWith(expected)
    case 'suffix':
      return (value) => value.endsWith(expected)
    case 'contains':
      return (value) => value.includes(expected)
  }
}
