/** Shell completion as static scripts: nothing is started while a person types. */
import type { CommandSpec, FlagSpec } from '../command/command.js'
import { globalFlags } from '../command/parse.js'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export function completionScript(table: readonly CommandSpec[], shell: Shell): string {
  if (shell === 'fish') return fishScript(table)
  // zsh reads bash's completion functions once it is asked to.
  return `${shell === 'zsh' ? 'autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n' : ''}${bashScript(table)}`
}

function bashScript(table: readonly CommandSpec[]): string {
  const paths = table.flatMap((command) => [command.path, ...(command.aliases ?? [])].map((path) => ({ path, command })))
  const groups = unique(paths.flatMap(({ path }) => path.slice(1).map((_, index) => path.slice(0, index + 1).join(' '))))
  const valued = valuedFlags(table).join('|')
  return [
    '_heddle() {',
    '  local word last="" path="" options="" flags="" current="${COMP_WORDS[COMP_CWORD]}"',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$last" in',
    `      ${valued}) ;;`,
    '      *) case "$word" in -*) ;; *) path="${path:+$path }$word" ;; esac ;;',
    '    esac',
    '    last="$word"',
    '  done',
    // What a flag is given is nothing of this list: the shell completes files.
    `  case "$last" in ${valued}) COMPREPLY=(); return ;; esac`,
    '  case "$path" in',
    `    "") options="${unique([...paths.map(({ path }) => path[0] as string), 'help']).join(' ')}" ;;`,
    ...groups.map((group) => `    "${group}") options="${wordsAfter(paths, group).join(' ')}" ;;`),
    ...paths.map(
      ({ path, command }) =>
        `    "${path.join(' ')}"|"${path.join(' ')} "*) options="${(command.words ?? []).join(' ')}" flags="${flagWords(command).join(' ')}" ;;`,
    ),
    '  esac',
    '  case "$current" in -*) options="$flags" ;; esac',
    '  COMPREPLY=($(compgen -W "$options" -- "$current"))',
    '}',
    'complete -o default -F _heddle heddle',
    '',
  ].join('\n')
}

function flagWords({ flags = {} }: CommandSpec): readonly string[] {
  return Object.keys({ ...flags, ...globalFlags }).map((name) => `--${name}`)
}

/** Flags that are followed by a value wherever they are known. */
function valuedFlags(table: readonly CommandSpec[]): readonly string[] {
  const all = [globalFlags, ...table.map(({ flags = {} }) => flags)].flatMap((flags) =>
    Object.entries(flags).flatMap(([name, { short, type, alone }]) =>
      [`--${name}`, ...(short === undefined ? [] : [`-${short}`])].map((word) => ({
        word,
        isValued: type === 'string' && alone === undefined,
      })),
    ),
  )
  const switches = new Set(all.filter(({ isValued }) => !isValued).map(({ word }) => word))
  return unique(all.map(({ word }) => word)).filter((word) => !switches.has(word))
}

function wordsAfter(paths: readonly { readonly path: readonly string[] }[], group: string): readonly string[] {
  const depth = group.split(' ').length
  return unique(
    paths.filter(({ path }) => path.length > depth && path.slice(0, depth).join(' ') === group).map(({ path }) => path[depth] as string),
  )
}

function fishScript(table: readonly CommandSpec[]): string {
  const groups = unique(table.filter(({ path }) => path.length > 1).map(({ path }) => path[0] as string))
  return [
    'complete -c heddle -f',
    ...table
      .filter(({ path }) => path.length === 1)
      .map(({ path, summary }) => fishLine('__fish_use_subcommand', `-a ${path[0]}`, summary)),
    ...groups.map((group) => fishLine('__fish_use_subcommand', `-a ${group}`, `Commands of ${group}`)),
    ...table
      .filter(({ path }) => path.length > 1)
      .map(({ path, summary }) => fishLine(seen(path.slice(0, -1)), `-a ${path.at(-1)}`, summary)),
    // `ca rotate` is no command, and words after it are.
    ...unique(table.filter(({ path }) => path.length > 2).map(({ path }) => path.slice(0, -1).join(' '))).map((group) =>
      fishLine(seen(group.split(' ').slice(0, -1)), `-a ${group.split(' ').at(-1)}`, `Commands of ${group}`),
    ),
    ...table.flatMap(({ path, words = [] }) =>
      words.length === 0 ? [] : [`complete -c heddle -n ${quoted(seen(path))} -a ${quoted(words.join(' '))}`],
    ),
    ...table.flatMap(({ path, flags = {} }) =>
      Object.entries(flags).map(([name, spec]) => fishLine(seen(path), fishFlag(name, spec), spec.description)),
    ),
    ...Object.entries(globalFlags).map(([name, spec]) => `complete -c heddle ${fishFlag(name, spec)} -d ${quoted(spec.description)}`),
    '',
  ].join('\n')
}

function seen(words: readonly string[]): string {
  return words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
}

function fishLine(condition: string, what: string, description: string): string {
  return `complete -c heddle -n ${quoted(condition)} ${what} -d ${quoted(description)}`
}

/** A flag of files completes files again. */
function fishFlag(name: string, { short, type, value, alone }: FlagSpec): string {
  const isPath = value === 'FILE' || value === 'DIR'
  return `-l ${name}${short === undefined ? '' : ` -s ${short}`}${type === 'string' && alone === undefined ? ` -r${isPath ? ' -F' : ''}` : ''}`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function unique(words: readonly string[]): readonly string[] {
  return [...new Set(words)]
}
