/** One short text for the published roots and which of them are tainted: it changes exactly when a workload has something to do. */
import { createHash } from 'node:crypto'
import { type StoredRoot, rootIdOf } from '../authority/ca-state.js'

export function bundleFingerprintOf(roots: readonly StoredRoot[]): string {
  return fingerprintOfRoots(roots.map((root) => ({ fingerprint: rootIdOf(root), isTainted: root.phase === 'tainted' })))
}

export function fingerprintOfRoots(roots: readonly { readonly fingerprint: string; readonly isTainted: boolean }[]): string {
  const hash = createHash('sha256')
  for (const { fingerprint, isTainted } of roots) hash.update(`${fingerprint}${isTainted ? ' tainted' : ''}\n`)
  return hash.digest('hex')
}
