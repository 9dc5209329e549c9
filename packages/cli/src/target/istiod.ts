/** Asking the control plane: every istiod Pod has its own view of the proxies connected to it. */
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { istioNamespace } from '../install/profile.js'
import { getFromPod } from './pod-http.js'
import { pods } from './resource-types.js'
import type { Target } from './target.js'

const monitoringPort = 15014

/** A JSON page of each istiod. @throws HEDDLE_CLI_NO_ISTIOD */
export async function askIstiods<Answer>(
  target: Target,
  path: string,
): Promise<readonly { readonly pod: KubernetesObject; readonly answer: Answer }[]> {
  const { items } = await target.client.list(pods, { namespace: istioNamespace, labelSelector: 'app=istiod' })
  const running = items.filter((pod) => (pod['status'] as { readonly phase?: string } | undefined)?.phase === 'Running')
  if (running.length === 0) {
    throw new HeddleError({
      code: 'HEDDLE_CLI_NO_ISTIOD',
      message: `no istiod is running in ${istioNamespace}`,
      hint: 'Put one there with "heddle install", or see what keeps it: heddle get pods -n istio-system',
      origin: 'user',
    })
  }
  return Promise.all(
    running.map(async (pod) => ({ pod, answer: JSON.parse(await getFromPod(target, pod, monitoringPort, path)) as Answer })),
  )
}
