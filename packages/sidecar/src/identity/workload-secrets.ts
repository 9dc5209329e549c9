/** Every secret of a workload by name: its identity with the revocation lists of its Pod, what the control plane serves, then the Pod's files. */
import { secretReferencesOf, type ProxyConfig, type SecretSource } from '@heddle/routing'
import { type Clock, type Logger } from '@heddle/base'
import { createFileSecrets, type FileSecrets } from './file-secrets.js'
import { openMountedCrl } from './mounted-crl.js'

export interface WorkloadSecrets extends SecretSource {
  /** Reads the files that a configuration names, and says once which of its secrets are missing. */
  follow(config: ProxyConfig): void
  /** The workload's own first, then what the configuration names. */
  names(): readonly string[]
  close(): void
}

/** The mesh's roots, with the revocation lists that count. */
export const meshRoots = 'ROOTCA'
export const identityNames: readonly string[] = ['default', meshRoots]
const systemRoots = 'file-root:system'

export function createWorkloadSecrets(
  served: SecretSource,
  root: string,
  deps: { readonly clock: Clock; readonly logger: Logger },
): WorkloadSecrets {
  const files: FileSecrets = createFileSecrets({ root }, deps)
  const crlListeners = new Set<(name: string) => void>()
  const crls = openMountedCrl(root, () => crlListeners.forEach((listener) => listener(meshRoots)), deps)
  const get: SecretSource['get'] = (name) => (name === meshRoots ? crls.addTo(served.get(name)) : (served.get(name) ?? files.get(name)))
  const missing = new Set<string>()
  let named: readonly string[] = []
  const arrived = (name: string): void => {
    if (get(name) !== undefined && missing.delete(name)) deps.logger.info('a secret that was missing has come', { secret: name })
  }
  const stops = [served.subscribe(arrived), files.subscribe(arrived)]
  return {
    get,
    subscribe(listener) {
      crlListeners.add(listener)
      const ends = [served.subscribe(listener), files.subscribe(listener), () => void crlListeners.delete(listener)]
      return () => ends.forEach((end) => end())
    },
    follow({ listeners, clusters }) {
      named = secretReferencesOf(listeners, clusters)
        .map(({ name }) => name)
        .filter((name) => !identityNames.includes(name) && name !== systemRoots)
      files.follow(named)
      for (const name of missing) if (!named.includes(name)) missing.delete(name)
      for (const name of named) {
        if (get(name) !== undefined || missing.has(name)) continue
        missing.add(name)
        deps.logger.warn('a secret has not come: handshakes that need it fail until it does', { secret: name })
      }
    },
    names: () => [...identityNames, ...named],
    close() {
      for (const stop of stops) stop()
      files.close()
      crls.close()
    },
  }
}
