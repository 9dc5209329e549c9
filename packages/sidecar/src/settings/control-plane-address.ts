/** Where the control plane is: a name, looked up in the platform's table of ready endpoints (kube-proxy's job), or left to DNS. */
import { normalizeName, type PodContract, readNamesFile } from '@heddle/client'
import type { Random } from '@heddle/base'

/** @returns `host:port` to dial now; endpoints change, so it is asked for each connection. */
export function controlPlaneAddress(configured: string, pod: PodContract | undefined, random: Random): string {
  const colon = configured.lastIndexOf(':')
  const names = pod?.platformNamesPath === undefined ? undefined : readNamesFile(pod.platformNamesPath)
  const [virtualIp] = names?.names[normalizeName(configured.slice(0, colon))] ?? []
  const endpoints = virtualIp === undefined ? undefined : names?.direct[`${virtualIp}:${configured.slice(colon + 1)}`]
  return endpoints?.[Math.floor(random.next() * endpoints.length)] ?? configured
}
