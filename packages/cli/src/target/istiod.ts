/** Asking the control plane: every istiod Pod has its own view of the proxies connected to it. */
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { getFromPod } from './pod-http.js'
import { pods } from './resource-types.js'
import type { Target } from './target.js'

const monitoringPort = 15014

/** A JSON page of each istiod, or of the first that has it. @throws HEDDLE_CLI_NO_ISTIOD, HEDDLE_CLI_POD_UNREACHABLE */
export async function askIstiods<Answer>(
  target: Target,
  path: string,
  which: 'all' | 'first' = 'all',
): Promise<readonly { readonly pod: KubernetesObject; readonly answer: Answer }[]> {
  const { items } = await target.client.list(pods, { namespace: target.istioNamespace, labelSelector: 'app=istiod' })
  const running = items.filter((pod) => (pod['status'] as { readonly phase?: string } | undefined)?.phase === 'Running')
  if (running.length === 0) {
    throw new HeddleError({
      code: 'HEDDLE_CLI_NO_ISTIOD',
      message: `no istiod is running in ${target.istioNamespace}`,
      hint: `Put one there with "heddle install", or see what keeps it: heddle get pods -n ${target.istioNamespace}`,
      origin: 'user',
    })
  }
  // One on its way out knows what was true before: it is asked for its own proxies, and for the mesh only when no other is there.
  const staying = running.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const asked = which === 'all' || staying.length === 0 ? running : staying
  const answers = asked.map(async (pod) => ({ pod, answer: JSON.parse(await getFromPod(target, pod, monitoringPort, path)) as Answer }))
  if (which === 'all') return Promise.all(answers)
  try {
    return [await Promise.any(answers)]
  } catch (error) {
    throw (error as AggregateError).errors[0]
  }
}
