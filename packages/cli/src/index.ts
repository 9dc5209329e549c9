/** The command as a function, for programs and tests that call it in their own process, and its table, from which help, completion and docs are made. */
export {
  flagSpelling,
  type CommandRun,
  type CommandSpec,
  type Flags,
  type FlagSpec,
  type Invocation,
  type Streams,
} from './command/command.js'
export { globalFlags } from './command/parse.js'
export { commandTable } from './command-table.js'
export { runCli, type CliContext } from './run.js'
