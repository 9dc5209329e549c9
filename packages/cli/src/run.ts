/** The whole life of one call: find the command, run it, and turn what went wrong into a sentence and an exit code. */
import { HeddleError, isHeddleError, messageOf } from '@heddle/base'
import type { Status } from '@heddle/client/resources'
import type { CommandSpec, Streams } from './command/command.js'
import { diskFaultOf } from './command/disk-fault.js'
import { fileFaultOf } from './command/file-fault.js'
import { commandTable } from './command-table.js'
import { exitCode, exitCodeOf } from './command/exit-code.js'
import { renderCommandHelp, renderGroup, renderOverview } from './command/help.js'
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
  const [first, ...more] = argv
  if (first === 'help') return dispatch([...more, '--help'], context, table)
  if (first === '--version') return dispatch(['version', ...more], context, table)
  const overview = overviewOf(argv, table)
  if (overview !== undefined) {
    const isAsked = argv.some(isHelpFlag)
    ;(isAsked ? context.streams.stdout : context.streams.stderr).write(overview)
    return isAsked ? exitCode.ok : exitCode.usage
  }
  const { command, ...rest } = parseCommand(table, argv)
  if (rest.flags.boolean('help')) {
    context.streams.stdout.write(renderCommandHelp(command))
    return exitCode.ok
  }
  const run = await command.load()
  return run({ ...context, ...rest })
}

/** What stands for a command that is not said in full: nothing at all, or only the word of a group. */
function overviewOf(argv: readonly string[], table: readonly CommandSpec[]): string | undefined {
  const words = isHelpFlag(argv.at(-1)) ? argv.slice(0, -1) : argv
  if (words.length === 0) return renderOverview(table)
  const begins = (path: readonly string[]): boolean => path.length > words.length && words.every((word, index) => path[index] === word)
  const group = table.filter(({ path, aliases = [] }) => [path, ...aliases].some(begins))
  return group.length > 0 ? renderGroup(group) : undefined
}

function isHelpFlag(word: string | undefined): boolean {
  return word === '--help' || word === '-h'
}

function report(error: unknown, argv: readonly string[], { streams, signal }: CliContext): number {
  // What a Ctrl-C breaks off fails, which nobody needs to hear; what was lost before they do.
  const diskFault = isHeddleError(error, 'HEDDLE_CLI_DISK') ? error : diskFaultOf(error)
  if (signal.aborted && diskFault === undefined) return exitCode.interrupted
  const failure = isHeddleError(error)
    ? error
    : (diskFault ??
      fileFaultOf(error) ??
      new HeddleError({
        code: 'HEDDLE_CLI_INTERNAL',
        message: messageOf(error),
        hint: 'This is a fault in heddle. Run the command again with --debug and report what it prints.',
        cause: error,
      }))
  const status = failure.code === 'HEDDLE_API_STATUS' ? (failure.cause as Status) : undefined
  streams.stderr.write(`${status === undefined ? 'error' : `Error from server (${status.reason ?? status.code})`}: ${failure.message}\n`)
  if (failure.hint !== undefined) streams.stderr.write(`  ${failure.hint}\n`)
  if (status === undefined) streams.stderr.write(`  (${failure.code})\n`)
  if (argv.includes('--debug')) streams.stderr.write(`${(error as Error).stack ?? ''}\n`)
  return exitCodeOf(failure)
}
