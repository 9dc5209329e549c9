/** Help made from the command table: examples first, then flags. */
import { type CommandSpec, type FlagSpec, flagSpelling } from './command.js'
import { globalFlags } from './parse.js'

export function renderOverview(table: readonly CommandSpec[]): string {
  const rows = table.map((command) => [command.path.join(' '), command.summary] as const)
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    'Heddle: a service mesh you can npm install.',
    '',
    'Start here:',
    '  heddle up                                                 run a mesh on this machine',
    '  heddle apply -f <(heddle kube-inject -f app.yaml)         put an application into it',
    '',
    'Commands:',
    ...rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Flags of every command:',
    ...renderFlags(globalFlags),
    '',
    'Run "heddle COMMAND --help" for one command.',
    '',
  ].join('\n')
}

/** The commands below a word such as `rollout`. */
export function renderGroup(commands: readonly CommandSpec[]): string {
  const rows = commands.map(({ path, summary }) => [`heddle ${path.join(' ')}`, summary] as const)
  const width = Math.max(...rows.map(([name]) => name.length))
  return [...rows.map(([name, summary]) => `${name.padEnd(width)}  ${summary}\n`), '\nRun one of them with --help for its flags.\n'].join(
    '',
  )
}

export function renderCommandHelp(command: CommandSpec): string {
  const flags = command.flags ?? {}
  return [
    `${command.summary}.`,
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
    `Usage: heddle ${[...command.path, ...(command.arguments === undefined ? [] : [command.arguments]), '[flags]'].join(' ')}`,
    ...(command.aliases ? [`Also: ${command.aliases.map((alias) => `heddle ${alias.join(' ')}`).join(', ')}`] : []),
    ...(Object.keys(flags).length === 0 ? [] : ['', 'Flags:', ...renderFlags(flags)]),
    '',
    'Flags of every command:',
    ...renderFlags(globalFlags),
    '',
  ].join('\n')
}

function renderFlags(flags: Readonly<Record<string, FlagSpec>>): readonly string[] {
  const rows = Object.entries(flags).map(([name, spec]) => {
    const short = spec.short === undefined ? '    ' : `-${spec.short}, `
    return [
      `${short}${flagSpelling(name, spec)}`,
      `${spec.description}${spec.defaultText === undefined ? '' : ` (default: ${spec.defaultText})`}`,
    ] as const
  })
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, description]) => `  ${name.padEnd(width)}  ${description}`)
}
