/** Dialling the authority as a workload does, with a credential of one: straight to its Pod on the local mesh, through the API server on a cluster. */
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { podIpOf } from './pods.js'
import { withForwardedPort } from './port-forward.js'
import { configMaps, pods } from './resource-types.js'
import type { Target } from './target.js'

export interface AuthorityPlace {
  readonly address: string
  readonly serverName: string
  readonly rootsPem: string
}

const securePort = 15012

/** @throws HEDDLE_CLI_NO_ISTIOD, HEDDLE_CLI_POD_UNREACHABLE */
export async function withAuthority<Result>(target: Target, use: (place: AuthorityPlace) => Promise<Result>): Promise<Result> {
  const { client, istioNamespace } = target
  const root = await client.get(configMaps, 'istio-ca-root-cert', istioNamespace)
  const { items } = await client.list(pods, { namespace: istioNamespace, labelSelector: 'app=istiod' })
  const pod = items.find(isReady) ?? items.find((one) => podIpOf(one) !== undefined)
  const rootsPem = (root?.['data'] as Readonly<Record<string, string>> | undefined)?.['root-cert.pem']
  if (pod === undefined || rootsPem === undefined)
    throw new HeddleError({
      code: 'HEDDLE_CLI_NO_ISTIOD',
      message: 'no istiod is running that could issue',
      origin: 'user',
      hint: `See "heddle get pods -n ${istioNamespace}".`,
    })
  const at = (address: string): Promise<Result> => use({ address, serverName: `istiod.${istioNamespace}.svc`, rootsPem })
  const podIp = podIpOf(pod) ?? ''
  // Only on the local platform do Pods have addresses of this machine.
  return podIp.startsWith('127.') ? at(`${podIp}:${securePort}`) : withForwardedPort(target, pod, securePort, at)
}

function isReady(pod: KubernetesObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}
