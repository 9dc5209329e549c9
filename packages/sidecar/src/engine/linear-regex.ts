/** RE2 for routing, loaded when the first configuration with a regular expression comes. */
import { createRequire } from 'node:module'
import { type CompileRegex, re2Regex } from '@heddle/routing'
import type * as Re2 from 're2js'

const require = createRequire(import.meta.url)
let engine: typeof Re2 | undefined

export const compileRegex: CompileRegex = (pattern) => {
  engine ??= require('re2js') as typeof Re2
  return re2Regex(engine.RE2JS.compile(pattern))
}
