/** What of a Pod's volumes is not as its author may think: programs see the machine's own files, not a file system of their own. */
import type { Pod } from './pod.js'
import { unsupportedKind } from './volume-files.js'

export interface MountWarning {
  readonly reason: 'VolumeNotSupported' | 'MountNotVisible'
  readonly message: string
}

const serviceAccountPath = '/var/run/secrets/kubernetes.io/serviceaccount'

export function mountWarnings({ spec: { volumes = [], containers } }: Pod): readonly MountWarning[] {
  const unsupported = volumes.flatMap((volume): readonly MountWarning[] => {
    const kind = unsupportedKind(volume)
    const message = `volume "${volume.name}" is a ${kind}, which the local platform does not have; it is an empty folder`
    return kind === undefined ? [] : [{ reason: 'VolumeNotSupported', message }]
  })
  const invisible = containers
    // Ours looks below HEDDLE_POD_ROOT.
    .filter(({ name }) => name !== 'istio-proxy')
    .flatMap(({ name, volumeMounts = [] }): readonly MountWarning[] => {
      const paths = volumeMounts.map((mount) => mount.mountPath).filter((path) => path !== serviceAccountPath)
      const message = `container ${name} finds ${paths.join(', ')} below $HEDDLE_POD_ROOT, not at the root of the file system`
      return paths.length === 0 ? [] : [{ reason: 'MountNotVisible', message }]
    })
  return [...unsupported, ...invisible]
}
