/** What is installed on this machine, asked of the programs themselves. */
import { spawnSync } from 'node:child_process'

/** The first group of the pattern in what the command prints; undefined when there is no such command. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) return undefined
  return pattern.exec(`${stdout}${stderr}`)?.[1]
}

export function isInstalled(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).error === undefined
}
