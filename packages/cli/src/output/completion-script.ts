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
  const groups = unique(paths.filter(({ path }) => path.length > 1).map(({ path }) => path[0] as string))
  return [
    '_heddle() {',
    '  local word path="" options=""',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) ;; *) path="${path:+$path }$word" ;; esac',
    '  done',
    '  case "$path" in',
    `    "") options="${unique([...paths.map(({ path }) => path[0] as string), 'help']).join(' ')}" ;;`,
    ...paths.map(({ path, command }) => `    "${path.join(' ')}"|"${path.join(' ')} "*) options="${flagWords(command).join(' ')}" ;;`),
    ...groups.map((group) => `    "${group}") options="${secondWords(paths, group).join(' ')}" ;;`),
    '  esac',
    '  COMPREPLY=($(compgen -W "$options" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _heddle heddle',
    '',
  ].join('\n')
}

function flagWords({ flags = {} }: CommandSpec): readonly string[] {
  return Object.keys({ ...flags, ...globalFlags }).map((name) => `--${name}`)
}

function secondWords(paths: readonly { readonly path: readonly string[] }[], group: string): readonly string[] {
  return unique(paths.filter(({ path }) => path[0] === group && path.length > 1).map(({ path }) => path[1] as string))
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
      .map(({ path, summary }) => fishLine(`__fish_seen_subcommand_from ${path[0]}`, `-a ${path[1]}`, summary)),
    ...table.flatMap(({ path, flags = {} }) =>
      Object.entries(flags).map(([name, spec]) =>
        fishLine(path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and '), fishFlag(name, spec), spec.description),
      ),
    ),
    ...Object.entries(globalFlags).map(([name, spec]) => `complete -c heddle ${fishFlag(name, spec)} -d ${quoted(spec.description)}`),
    '',
  ].join('\n')
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
