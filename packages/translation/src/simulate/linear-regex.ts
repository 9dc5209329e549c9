/** RE2 for the simulator: the engine that the sidecar uses, too. */
import { re2Regex, type CompileRegex } from '@heddle/routing'
import { RE2JS } from 're2js'

export const linearRegex: CompileRegex = (pattern) => re2Regex(RE2JS.compile(pattern))
