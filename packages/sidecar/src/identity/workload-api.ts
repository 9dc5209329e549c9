/**
 * The SPIFFE Workload API of a Pod, so that an application can hold the workload's certificate and tokens itself: where Istio's agent has
 * its socket, or where the local platform says.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { formatWorkloadId, type Logger, messageOf } from '@heddle/base'
import { type MeshClient, serveWorkloadApi, type WorkloadApiServer } from '@heddle/client'
import type { ProxySettings } from '../settings/proxy-settings.js'
import { identityNames, meshRoots, type WorkloadSecrets } from './workload-secrets.js'

const socket = '/var/run/secrets/workload-spiffe-uds/socket'

/** A name that is too long for a socket, or a folder that is not mounted, costs only this. */
export async function openWorkloadApi(
  { pod, trustDomain, podNamespace, serviceAccount }: ProxySettings,
  client: Pick<MeshClient, 'identity' | 'jwtSvid'>,
  secrets: Pick<WorkloadSecrets, 'get' | 'subscribe'>,
  logger: Logger,
): Promise<WorkloadApiServer | undefined> {
  const spiffeId = formatWorkloadId({ trustDomain, namespace: podNamespace, serviceAccount })
  const path = pod?.workloadSocketPath ?? join(pod?.root ?? '/', socket)
  const requestToken = (audiences: readonly string[]): ReturnType<MeshClient['jwtSvid']> => client.jwtSvid(audiences)
  try {
    const identity = withMountedLists(client.identity, secrets)
    const crlPem = (): string | undefined => crlPemOf(secrets)
    return await serveWorkloadApi({ path, identity, crlPem, spiffeId, trustDomain, requestToken }, { logger })
  } catch (error) {
    if (pod?.workloadSocketPath === undefined && !existsSync(dirname(path)))
      logger.info('the Workload API is not served: its folder is not mounted', { socket: path, reason: messageOf(error) })
    else
      logger.warn('the Workload API is not served: applications get no certificate from it', {
        socket: path,
        reason: messageOf(error),
        hint: 'The folder must be writable for the proxy, and the path at most 107 bytes long.',
      })
    return undefined
  }
}

type FollowedIdentity = Pick<MeshClient['identity'], 'current' | 'trusted' | 'subscribe'>

/** The identity, which also tells when the lists that are mounted into the Pod change. */
function withMountedLists(identity: FollowedIdentity, secrets: Pick<WorkloadSecrets, 'subscribe'>): FollowedIdentity {
  return {
    get current() {
      return identity.current
    },
    get trusted() {
      return identity.trusted
    },
    subscribe: (listener) =>
      secrets.subscribe((name) => {
        if (identityNames.includes(name)) listener(name)
      }),
  }
}

function crlPemOf(secrets: Pick<WorkloadSecrets, 'get'>): string | undefined {
  const roots = secrets.get(meshRoots)
  return roots?.kind === 'validation' ? roots.crlPem : undefined
}
