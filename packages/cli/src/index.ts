/** The command as a function, for programs and tests that call it in their own process, and its table, from which help, completion and docs are made. */
export type { CommandRun, CommandSpec, Flags, FlagSpec, Invocation, Streams } from './command/command.js'
export { globalFlags } from './command/parse.js'
export { commandTable } from './command-table.js'
export { runCli, type CliContext } from './run.js'
