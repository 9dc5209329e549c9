/**
 * Revocation lists that a control plane mounts instead of pushing them: istiod writes the ConfigMap `istio-ca-crl` into every namespace,
 * Pods have it as a file, and the workload's roots (`ROOTCA`) are held to it. What is pushed counts before it: it is newer.
 */
import { join } from 'node:path'
import type { FollowedFilesDeps } from '@heddle/base/node'
import { followCrlFile } from '@heddle/client'
import type { Secret } from '@heddle/routing'

export interface MountedCrl {
  /** Roots with the file's lists, unless they have some already. */
  addTo(roots: Secret | undefined): Secret | undefined
  close(): void
}

/** Istio's. */
const path = '/var/run/secrets/istio/crl/ca-crl.pem'

/** @param onChange called after each change of the lists; lists that cannot be read change nothing. */
export function openMountedCrl(root: string, onChange: () => void, deps: FollowedFilesDeps): MountedCrl {
  let crlPem = ''
  const take = (text: string): void => {
    if (text === crlPem) return
    crlPem = text
    onChange()
  }
  const followed = followCrlFile(join(root, path), take, deps)
  return {
    addTo: (roots) => (roots?.kind === 'validation' && roots.crlPem === undefined && crlPem.trim() !== '' ? { ...roots, crlPem } : roots),
    close: () => followed.close(),
  }
}
