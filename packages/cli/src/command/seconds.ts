/** Times as kubectl takes them: a number of seconds, or a duration such as `90s` and `5m`. */
import { parseDuration } from '@heddle/base'
import type { Flags } from './command.js'
import { usageError } from './parse.js'

/** @returns undefined when the flag was not given. @throws HEDDLE_CLI_USAGE */
export function secondsOf(flags: Flags, name: string): number | undefined {
  const text = flags.string(name)
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  const duration = parseDuration(text)
  if (!duration.ok) throw usageError(`--${name} ${text} is neither seconds nor a duration: ${duration.reason}`)
  return duration.ms / 1000
}
