/** Writes docs/cli.md from the command table of the CLI. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type CommandSpec, commandTable, type FlagSpec, flagSpelling, globalFlags } from '@heddle/cli'

const page = 'docs/cli.md'

function renderPage(table: readonly CommandSpec[]): string {
  return [
    '# The heddle command',
    '',
    'Written by `scripts/cli.ts` from the command table; do not edit.',
    '',
    "Data goes to standard output, everything else to standard error. Flags may stand anywhere before `--`; `-n shop`, `-nshop`, `--namespace shop` and `--namespace=shop` are the same. Words, columns and flags are kubectl's and istioctl's wherever they have one.",
    '',
    '| exit code | meaning |',
    '|---|---|',
    '| 0 | done |',
    '| 1 | it failed, or the API refused; of `exec`: the code of the program |',
    '| 64 | the command line is wrong |',
    '| 65 | a manifest or another file is faulty; nothing of it was applied |',
    '| 69 | no mesh, no control plane or no proxy answers |',
    '| 74 | the disk is full or cannot be written |',
    '| 79 | of `analyze` and `validate`: something was found at or above `--failure-threshold` |',
    '| 130 | Ctrl-C |',
    '',
    '## Flags of every command',
    '',
    ...flagTable(globalFlags),
    '',
    ...table.flatMap(renderCommand),
  ].join('\n')
}

function renderCommand({ path, aliases = [], summary, arguments: words, flags = {}, examples }: CommandSpec): readonly string[] {
  return [
    `## heddle ${path.join(' ')}`,
    '',
    `${summary}.`,
    '',
    '```sh',
    ...examples,
    '```',
    '',
    `Usage: \`heddle ${[...path, ...(words === undefined ? [] : [words])].join(' ')}\`${
      aliases.length === 0 ? '' : `; also ${aliases.map((alias) => `\`heddle ${alias.join(' ')}\``).join(', ')}`
    }`,
    '',
    ...(Object.keys(flags).length === 0 ? [] : [...flagTable(flags), '']),
  ]
}

function flagTable(flags: Readonly<Record<string, FlagSpec>>): readonly string[] {
  return [
    '| flag | meaning | default |',
    '|---|---|---|',
    ...Object.entries(flags).map(([name, spec]) => {
      const { short, multiple, description, defaultText } = spec
      const spelling = `${short === undefined ? '' : `-${short}, `}${flagSpelling(name, spec)}`
      return `| \`${spelling}\` | ${description}${multiple === true ? '; may be repeated' : ''} | ${defaultText ?? ''} |`.replace(
        / \| {2}\|$/,
        ' | |',
      )
    }),
  ]
}

const wanted = renderPage(commandTable)
if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== wanted) {
    process.stderr.write(`${page} is not what the command table says; run: node --conditions=@heddle/source --import tsx scripts/cli.ts\n`)
    process.exitCode = 1
  }
} else writeFileSync(page, wanted)
