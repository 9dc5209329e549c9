/** The kubectl of the machine, on a platform under test: it runs in another process while ours answers it. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlatformHarness } from '../platform-harness.js'

export const hasKubectl: boolean = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0

interface KubectlResult {
  readonly output: string
  readonly errors: string
  readonly code: number
}

export type Kubectl = (...args: readonly string[]) => Promise<KubectlResult>

export function runKubectl({ access, stateDir }: PlatformHarness, ...args: readonly string[]): Promise<KubectlResult> {
  const all = ['--kubeconfig', access.kubeconfigPath, '--cache-dir', join(stateDir, 'kubectl-cache'), ...args]
  return new Promise((resolve) => {
    execFile('kubectl', all, { timeout: 25_000 }, (error, output, errors) =>
      resolve({ output, errors, code: error ? Number(error.code ?? 1) : 0 }),
    )
  })
}

/** A List of the objects as a file. */
export function manifestFile({ stateDir }: PlatformHarness, name: string, ...objects: readonly object[]): string {
  const folder = join(stateDir, 'yaml')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
  return path
}
