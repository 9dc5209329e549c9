/** From words to a command and its flags; every mistake names what was expected and what was probably meant. */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { HeddleError, messageOf, nearest } from '@heddle/base'
import type { CommandSpec, Flags, FlagSpec } from './command.js'
import { flagOfOtherTools, wordOfOtherTools } from './other-tools.js'

export interface ParsedCommand {
  readonly command: CommandSpec
  readonly positionals: readonly string[]
  readonly rest: readonly string[]
  readonly flags: Flags
}

export const globalFlags: Readonly<Record<string, FlagSpec>> = {
  namespace: {
    short: 'n',
    type: 'string',
    value: 'NAMESPACE',
    description: 'The namespace to work in',
    defaultText: "the context's, else default",
  },
  state: {
    type: 'string',
    value: 'DIR',
    description: 'State folder of the local mesh',
    defaultText: '$HEDDLE_STATE, .heddle here or above, else the user state folder',
  },
  kubeconfig: { type: 'string', value: 'FILE', description: 'Talk to the cluster of this kubeconfig instead of the local mesh' },
  context: { type: 'string', value: 'NAME', description: 'The context of the kubeconfig' },
  debug: { type: 'boolean', description: 'Show stack traces of failures' },
  'no-color': { type: 'boolean', description: 'Plain text' },
  help: { short: 'h', type: 'boolean', description: 'Show help' },
}

export function usageError(message: string, hint?: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_CLI_USAGE', message, origin: 'user', ...(hint === undefined ? {} : { hint }) })
}

/** Finds the command with the longest path that the words start with. */
export function findCommand(
  table: readonly CommandSpec[],
  words: readonly string[],
): { readonly command: CommandSpec; readonly length: number } | undefined {
  let found: { readonly command: CommandSpec; readonly length: number } | undefined
  for (const command of table) {
    for (const path of [command.path, ...(command.aliases ?? [])]) {
      if (path.length > (found?.length ?? 0) && path.every((word, index) => words[index] === word)) found = { command, length: path.length }
    }
  }
  return found
}

/** @throws HEDDLE_CLI_USAGE */
export function parseCommand(table: readonly CommandSpec[], argv: readonly string[]): ParsedCommand {
  const words = commandWords(table, argv)
  if (words.length === 0) throw usageError('say which command', 'Run "heddle --help" to see all commands.')
  const found = findCommand(
    table,
    words.map(({ word }) => word),
  )
  if (!found)
    throw unknownCommand(
      table,
      words.map(({ word }) => word),
    )
  const taken = new Set(words.slice(0, found.length).map(({ index }) => index))
  const specs = { ...globalFlags, ...found.command.flags }
  const args = argv.filter((_, index) => !taken.has(index))
  const separator = args.indexOf('--')
  const rest = separator < 0 ? [] : args.slice(separator + 1)
  const ours = switchesWithValues(specs, separator < 0 ? args : args.slice(0, separator))
  const { values, positionals } = parseFlags(found.command, specs, ours)
  const flags = flagsOf(values)
  if (found.command.takesCommand) return { command: found.command, positionals, rest, flags }
  const all = [...positionals, ...rest]
  if (!flags.boolean('help')) requireFew(found.command, all)
  return { command: found.command, positionals: all, rest: [], flags }
}

/** A word that nothing reads is a mistake, and the command may do more than was meant without it. */
function requireFew({ path, arguments: expected, maxArguments, flags }: CommandSpec, words: readonly string[]): void {
  const extra = words[maxArguments ?? (expected === undefined ? 0 : words.length)]
  if (extra === undefined) return
  const name = ['heddle', ...path].join(' ')
  const isFile = flags?.['filename'] !== undefined && /\.(?:ya?ml|json)$|\/$/.test(extra)
  throw usageError(
    expected === undefined ? `${name} takes no arguments, but was given "${extra}"` : `${name} does not expect "${extra}"`,
    isFile ? `Name files with -f: ${name} -f ${extra}` : `Run "${name} --help" to see what it takes.`,
  )
}

/** The words of the command line that are not flags, as far as they can be told before the command is known. */
function commandWords(
  table: readonly CommandSpec[],
  argv: readonly string[],
): readonly { readonly word: string; readonly index: number }[] {
  const words: { word: string; index: number }[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] as string
    if (word === '--') break
    if (!word.startsWith('-') || word === '-') words.push({ word, index })
    else if (takesNextWord(table, word)) index++
  }
  return words
}

/** Whether a flag is followed by its value: a global one, or one that has a value wherever a command knows it (`-f` is both, so no). */
function takesNextWord(table: readonly CommandSpec[], flag: string): boolean {
  const known = [globalFlags, ...table.map(({ flags = {} }) => flags)].flatMap((flags) =>
    Object.entries(flags).filter(([name, { short }]) => flag === `--${name}` || flag === `-${short}`),
  )
  return known.length > 0 && known.every(([, { type, alone }]) => type === 'string' && alone === undefined)
}

/** Values of switches that kubectl knows. */
const switchValues: Readonly<Record<string, boolean>> = { true: true, false: false }

/**
 * `--watch=true` as `--watch`, `--wait=false` as `--no-wait`, and `--dry-run` as `--dry-run=client`: node:util's parser
 * refuses values of switches, and flags that may have one.
 */
function switchesWithValues(specs: Readonly<Record<string, FlagSpec>>, args: readonly string[]): readonly string[] {
  const long = args.flatMap((arg) => longSpellings(specs, arg))
  return long
    .filter((arg) => !isNoSwitch(specs, arg))
    .flatMap((arg) => {
      const alone = specs[arg.slice(2)]?.alone
      if (arg.startsWith('--') && alone !== undefined) return [`${arg}=${alone}`]
      const [, name, text] = /^--([^=]+)=(.*)$/.exec(arg) ?? []
      if (name === undefined || text === undefined) return [arg]
      const isOn = switchValues[text]
      const negated = `no-${name}`
      if (isOn === undefined || (specs[name] ?? specs[negated])?.type !== 'boolean') return [arg]
      if (specs[name] !== undefined) return isOn ? [`--${name}`] : []
      return isOn ? [] : [`--${negated}`]
    })
}

/** `--wait` where waiting is what happens anyway. */
function isNoSwitch(specs: Readonly<Record<string, FlagSpec>>, arg: string): boolean {
  const name = arg.slice(2)
  return arg.startsWith('--') && specs[name] === undefined && specs[`no-${name}`]?.type === 'boolean'
}

/** kubectl's `-Ao=yaml` as `-A --output=yaml`: node:util's parser would take the `=` for a part of the value. */
function longSpellings(specs: Readonly<Record<string, FlagSpec>>, arg: string): readonly string[] {
  const [, switches = '', letter, text] = /^-(\w*)(\w)=(.*)$/s.exec(arg) ?? []
  const nameOf = (short: string | undefined): string => Object.keys(specs).find((name) => specs[name]?.short === short) ?? ''
  // Behind a letter that takes a value everything is that value.
  if (letter === undefined || nameOf(letter) === '' || switches.split('').some((one) => specs[nameOf(one)]?.type !== 'boolean'))
    return [arg]
  return [...(switches === '' ? [] : [`-${switches}`]), `--${nameOf(letter)}=${text}`]
}

function parseFlags(
  command: CommandSpec,
  specs: Readonly<Record<string, FlagSpec>>,
  args: readonly string[],
): { values: Record<string, unknown>; positionals: string[] } {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, spec] of Object.entries(specs)) {
    options[name] = { type: spec.type, multiple: spec.multiple ?? false, ...(spec.short === undefined ? {} : { short: spec.short }) }
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
    return { values, positionals }
  } catch (error) {
    throw flagError(command, specs, messageOf(error))
  }
}

function flagError(command: CommandSpec, specs: Readonly<Record<string, FlagSpec>>, text: string): HeddleError {
  const name = ['heddle', ...command.path].join(' ')
  const unknown = /Unknown option '(-{1,2}[^']+)'/.exec(text)?.[1]
  if (unknown === undefined) return usageError(`${name}: ${text.split('. ')[0]}`, `Run "${name} --help" to see its flags.`)
  const other = flagOfOtherTools(command.path.join(' '), unknown)
  if (other !== undefined) return usageError(`${name} has no flag ${unknown}`, other)
  const typed = unknown.replace(/^-+/, '')
  const begun = Object.keys(specs).filter((one) => typed.length > 2 && one.startsWith(typed))
  const meant = nearest(typed, Object.keys(specs)) ?? (begun.length === 1 ? begun[0] : undefined)
  return usageError(
    `${name} has no flag ${unknown}${meant === undefined ? '' : `; did you mean --${meant}?`}`,
    `Run "${name} --help" to see its flags.`,
  )
}

function unknownCommand(table: readonly CommandSpec[], words: readonly string[]): HeddleError {
  const paths = table.flatMap((command) => [command.path, ...(command.aliases ?? [])])
  const begins = (path: readonly string[], count: number): boolean =>
    path.length > count && words.slice(0, count).every((word, index) => path[index] === word)
  // The words of a group that are right, of `ca rotate strat` two, and then the one that is not.
  let right = 0
  while (right + 1 < words.length && paths.some((path) => begins(path, right + 1))) right++
  const group = words.slice(0, right)
  const meant = nearest(
    words[right] as string,
    paths.filter((path) => begins(path, right)).map((path) => path[right] as string),
  )
  const typed = words.slice(0, right + 1).join(' ')
  const other = wordOfOtherTools(typed)
  if (other !== undefined && (right > 0 || meant === undefined)) return usageError(`there is no command "${typed}"`, other)
  return usageError(
    `there is no command "${typed}"${meant === undefined ? '' : `; did you mean "${[...group, meant].join(' ')}"?`}`,
    `Run "${['heddle', ...group].join(' ')} --help" to see all commands.`,
  )
}

function flagsOf(values: Readonly<Record<string, unknown>>): Flags {
  return {
    string: (name) => values[name] as string | undefined,
    strings: (name) => (values[name] as readonly string[] | undefined) ?? [],
    boolean: (name) => values[name] === true,
  }
}
