/** Volumes of the proxy and where it mounts them. The paths are the agent's contract: token, root certificate, SDS sockets, downward API. */
import { annotation } from './annotations.js'
import type { JsonObject } from './json.js'
import type { NamedItem, Pod } from './pod-spec.js'

/** Volumes both templates share, in Istio's order. */
export function proxyVolumes(sockets: readonly NamedItem[]): NamedItem[] {
  const downward = ['labels', 'annotations'].map((path) => ({ path, fieldRef: { fieldPath: `metadata.${path}` } }))
  const token = { audience: 'istio-ca', expirationSeconds: 43_200, path: 'istio-token' }
  return [
    ...sockets,
    { name: 'istio-envoy', emptyDir: { medium: 'Memory' } },
    { name: 'istio-data', emptyDir: {} },
    { name: 'istio-podinfo', downwardAPI: { items: downward } },
    { name: 'istio-token', projected: { sources: [{ serviceAccountToken: token }] } },
    { name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert' } },
  ]
}

/** Revocation lists, mounted when the mesh has some. */
export const crlVolume: NamedItem = { name: 'istio-ca-crl', configMap: { name: 'istio-ca-crl', optional: true } }

export function proxyVolumeMounts(hasCrl: boolean): JsonObject[] {
  return [
    { name: 'workload-socket', mountPath: '/var/run/secrets/workload-spiffe-uds' },
    { name: 'credential-socket', mountPath: '/var/run/secrets/credential-uds' },
    { name: 'workload-certs', mountPath: '/var/run/secrets/workload-spiffe-credentials' },
    { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio' },
    ...(hasCrl ? [{ name: 'istio-ca-crl', mountPath: '/var/run/secrets/istio/crl' }] : []),
    { name: 'istio-data', mountPath: '/var/lib/istio/data' },
    { name: 'istio-envoy', mountPath: '/etc/istio/proxy' },
    { name: 'istio-token', mountPath: '/var/run/secrets/tokens' },
    { name: 'istio-podinfo', mountPath: '/etc/istio/pod' },
  ]
}

/** sidecar.istio.io/bootstrapOverride: a config map with a bootstrap of the user's own. */
export function bootstrapVolume(pod: Pod): { readonly volumes: NamedItem[]; readonly mounts: JsonObject[] } {
  const name = pod.metadata.annotations?.[annotation.bootstrapOverride]
  if (name === undefined) return { volumes: [], mounts: [] }
  const volume = 'custom-bootstrap-volume'
  return { volumes: [{ name: volume, configMap: { name } }], mounts: [{ name: volume, mountPath: '/etc/istio/custom-bootstrap' }] }
}
