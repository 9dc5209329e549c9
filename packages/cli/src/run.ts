/** The whole life of one call: find the command, run it, and turn what went wrong into a sentence and an exit code. */
import { HeddleError, isHeddleError, messageOf } from '@heddle/base'
import type { CommandSpec, Streams } from './command/command.js'
import { commandTable } from './command-table.js'
import { exitCode, exitCodeOf } from './command/exit-code.js'
import { renderCommandHelp, renderOverview } from './command/help.js'
import { parseCommand } from './command/parse.js'

export interface CliContext {
  readonly streams: Streams
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly signal: AbortSignal
}

/** @returns the exit code; never throws. */
export async function runCli(argv: readonly string[], context: CliContext, table: readonly CommandSpec[] = commandTable): Promise<number> {
  try {
    return await dispatch(argv, context, table)
  } catch (error) {
    return report(error, argv, context)
  }
}

async function dispatch(argv: readonly string[], context: CliContext, table: readonly CommandSpec[]): Promise<number> {
  const { stdout, stderr } = context.streams
  if (argv.length === 0) {
    stderr.write(renderOverview(table))
    return exitCode.usage
  }
  if (['--help', '-h', 'help'].includes(argv[0] as string)) {
    const words = argv.slice(1)
    stdout.write(words.length === 0 ? renderOverview(table) : renderCommandHelp(parseCommand(table, words).command))
    return exitCode.ok
  }
  if (argv[0] === '--version') return dispatch(['version'], context, table)
  const group = table.filter((command) => command.path.length > 1 && command.path[0] === argv[0])
  if (group.length > 0 && (argv.length === 1 || argv[1] === '--help' || argv[1] === '-h')) {
    stderr.write(`${group.map((command) => `heddle ${command.path.join(' ')}  ${command.summary}`).join('\n')}\n`)
    return argv.length === 1 ? exitCode.usage : exitCode.ok
  }
  const parsed = parseCommand(table, argv)
  if (parsed.flags.boolean('help')) {
    stdout.write(renderCommandHelp(parsed.command))
    return exitCode.ok
  }
  const run = await parsed.command.load()
  return run({ ...context, positionals: parsed.positionals, rest: parsed.rest, flags: parsed.flags })
}

function report(error: unknown, argv: readonly string[], { streams, signal }: CliContext): number {
  if (signal.aborted) return exitCode.interrupted
  const failure = isHeddleError(error)
    ? error
    : new HeddleError({
        code: 'HEDDLE_CLI_INTERNAL',
        message: messageOf(error),
        hint: 'This is a fault in heddle. Run the command again with --debug and report what it prints.',
        cause: error,
      })
  streams.stderr.write(`error: ${failure.message}\n`)
  if (failure.hint !== undefined) streams.stderr.write(`  ${failure.hint}\n`)
  streams.stderr.write(`  (${failure.code})\n`)
  if (argv.includes('--debug')) streams.stderr.write(`${(error as Error).stack ?? ''}\n`)
  return exitCodeOf(failure)
}
