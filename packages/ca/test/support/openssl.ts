/** The `openssl` program as an oracle; tests that need it are skipped where it is not installed. */
import { spawnSync } from 'node:child_process'

const program = 'openssl'

export const hasOpenssl: boolean = spawnSync(program, ['version']).status === 0
if (!hasOpenssl) process.stderr.write('openssl is not installed: the tests that compare with it are skipped\n')

export function openssl(args: readonly string[], cwd: string): string {
  const result = spawnSync(program, args, { cwd, encoding: 'utf8' })
  return `${result.stdout}${result.stderr}`
}
