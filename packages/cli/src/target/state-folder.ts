/** Which state folder a command means: said, set, found beside the work, or the user's own. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Invocation } from '../command/command.js'
import { usageError } from '../command/parse.js'

/** @throws HEDDLE_CLI_USAGE for an empty `--state`: what was meant, perhaps a variable that is not set, is not the user's own mesh. */
export function stateFolderOf({ flags, env, cwd }: Pick<Invocation, 'flags' | 'env' | 'cwd'>): string {
  const said = flags.string('state')
  if (said === '') throw usageError('--state needs a folder')
  return said === undefined ? unsaidStateFolder(env, cwd) : resolve(cwd, said)
}

/** The folder that a command without `--state` means. An empty variable is none. */
export function unsaidStateFolder(env: Invocation['env'], cwd: string): string {
  const set = env['HEDDLE_STATE']
  if (set !== undefined && set !== '') return resolve(cwd, set)
  return nearestStateFolder(cwd) ?? userStateFolder(env)
}

/** The kubeconfig that a running mesh writes for its users. */
export function kubeconfigOf(stateFolder: string): string {
  return join(stateFolder, 'kubeconfig')
}

/** Where a mesh keeps what it knows of its Pods' processes. */
export function runtimeFolderOf(stateFolder: string): string {
  return join(stateFolder, 'runtime')
}

function nearestStateFolder(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const candidate = join(folder, '.heddle')
    if (existsSync(kubeconfigOf(candidate))) return candidate
    if (folder === dirname(folder)) return undefined
  }
}

/** XDG base directory specification; macOS and Windows have places of their own. */
function userStateFolder(env: Invocation['env']): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'heddle')
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? homedir(), 'heddle')
  const state = env['XDG_STATE_HOME']
  return join(state === undefined || state === '' ? join(homedir(), '.local', 'state') : state, 'heddle')
}
