/** Command lines to type in another terminal, so that they reach this mesh from there as they stand. */
import type { Invocation } from '../command/command.js'
import { unsaidStateFolder } from '../target/state-folder.js'

/** How `heddle` is called here: what npm or npx started is not on the path of other terminals. */
export function programName(env: Invocation['env']): string {
  return env['npm_command'] === undefined ? 'heddle' : 'npx heddle'
}

/** ` --state DIR` for a command of the same folder; empty when it would find the state by itself. */
export function stateFlag({ env, cwd }: Pick<Invocation, 'env' | 'cwd'>, stateFolder: string): string {
  // Another terminal need not have this one's variable.
  const found = unsaidStateFolder({ ...env, HEDDLE_STATE: undefined }, cwd)
  return found === stateFolder ? '' : ` --state ${shellWord(stateFolder)}`
}

/** As a POSIX shell reads it: bare when nothing in it is special. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
