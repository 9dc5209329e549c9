/**
 * Revocation lists that a control plane mounts instead of pushing them: istiod writes the ConfigMap `istio-ca-crl` into every namespace,
 * Pods have it as a file, and the workload's roots (`ROOTCA`) are held to it. What is pushed counts before it: it is newer.
 */
import { join } from 'node:path'
import type { Clock, Logger } from '@heddle/base'
import { followFile } from '@heddle/base/node'
import type { Secret } from '@heddle/routing'
import { parseCrlPem } from '@heddle/x509'

export interface CrlFile {
  /** Roots with the file's lists, unless they have some already. */
  addTo(roots: Secret | undefined): Secret | undefined
  close(): void
}

/** Istio's. */
const path = '/var/run/secrets/istio/crl/ca-crl.pem'

/** @param onChange called after each change of the lists; lists that cannot be read change nothing. */
export function openCrlFile(
  root: string,
  onChange: () => void,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): CrlFile {
  let crlPem = ''
  const take = (text: string = ''): void => {
    const parsed = parseCrlPem(text)
    if (!parsed.ok) {
      logger.error('the revocation lists cannot be used; the last ones hold', { file: path, reason: parsed.reason })
      return
    }
    if (text === crlPem) return
    crlPem = text
    logger.info('revocation lists are in force', { file: path, lists: parsed.crls.length })
    onChange()
  }
  const followed = followFile(join(root, path), take, clock)
  return {
    addTo: (roots) => (roots?.kind === 'validation' && roots.crlPem === undefined && crlPem.trim() !== '' ? { ...roots, crlPem } : roots),
    close: () => followed.close(),
  }
}
