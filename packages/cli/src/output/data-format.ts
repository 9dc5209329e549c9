/** `-o json` and `-o yaml` of commands that print a table or a text otherwise. */
import type { Invocation } from '../command/command.js'
import { usageError } from '../command/parse.js'

/** @returns how to write a value; undefined when the table was asked for. @throws HEDDLE_CLI_USAGE for any other format. */
export function dataFormatOf({ flags }: Pick<Invocation, 'flags'>): ((value: unknown) => Promise<string>) | undefined {
  const format = flags.string('output')
  if (format === undefined || format === 'short' || format === 'table') return undefined
  if (format === 'json') return async (value) => `${JSON.stringify(value, null, 2)}\n`
  if (format === 'yaml') return async (value) => (await import('@heddle/config-schema')).formatYaml(value)
  throw usageError(`-o ${format} is not one of json, yaml`)
}
