/** Which state folder a command means: said, set, found beside the work, or the user's own. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Invocation } from '../command/command.js'

export function stateFolderOf({ flags, env, cwd }: Pick<Invocation, 'flags' | 'env' | 'cwd'>): string {
  const said = flags.string('state') ?? env['HEDDLE_STATE']
  if (said !== undefined && said !== '') return resolve(cwd, said)
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
