/** The SPIFFE Workload API where Istio's agent has its socket, so that an application of the Pod can hold the workload's certificate itself. */
import { join } from 'node:path'
import { formatWorkloadId, type Logger, messageOf } from '@heddle/base'
import { type IdentitySource, serveWorkloadApi, type WorkloadApiServer } from '@heddle/client'
import type { ProxySettings } from './proxy-settings.js'

const socket = '/var/run/secrets/workload-spiffe-uds/socket'

/** A name that is too long for a socket, or a folder that is not mounted, costs only this. */
export async function openWorkloadApi(
  { pod, trustDomain, podNamespace, serviceAccount }: ProxySettings,
  identity: IdentitySource,
  logger: Logger,
): Promise<WorkloadApiServer | undefined> {
  const spiffeId = formatWorkloadId({ trustDomain, namespace: podNamespace, serviceAccount })
  try {
    return await serveWorkloadApi({ path: join(pod?.root ?? '/', socket), identity, spiffeId, trustDomain }, { logger })
  } catch (error) {
    logger.info('the Workload API is not served', { reason: messageOf(error) })
    return undefined
  }
}
