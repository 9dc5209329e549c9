/**
 * Which proxy a caller may speak for: only one of the identity it proved, and no Pod that runs as somebody else. What the node
 * says of itself is no proof.
 */
import { status } from '@grpc/grpc-js'
import { formatWorkloadId } from '@heddle/base'
import type { Caller } from '@heddle/ca'
import { type MeshSnapshot, parseNode, type ProxyNode } from '@heddle/translation'
import type { XdsNode } from '@heddle/xds'

export type NodeIdentity =
  | { readonly ok: true; readonly node: ProxyNode }
  | { readonly ok: false; readonly code: status; readonly reason: string }

export function identifyNode(node: XdsNode | undefined, caller: Caller): NodeIdentity {
  if (!node) return { ok: false, code: status.INVALID_ARGUMENT, reason: 'the first request of a stream must name its node' }
  const parsed = parseNode(node)
  if (!parsed.ok) return { ok: false, code: status.INVALID_ARGUMENT, reason: parsed.reason }
  const { namespace, serviceAccount } = parsed.node
  if (namespace === caller.namespace && serviceAccount === caller.serviceAccount) return { ok: true, node: parsed.node }
  return denied(`the node is of ${namespace}/${serviceAccount}, the caller is ${formatWorkloadId(caller)}`)
}

/** As {@link identifyNode}, and its Pod, once it was seen, must run as the caller. */
export function identifyProxy(node: XdsNode | undefined, caller: Caller, snapshot: Pick<MeshSnapshot, 'podOf'>): NodeIdentity {
  const identity = identifyNode(node, caller)
  if (!identity.ok) return identity
  const { namespace, serviceAccount, name } = identity.node
  const pod = snapshot.podOf(namespace, name, undefined)
  const runsAs = pod === undefined ? serviceAccount : (pod.spec?.serviceAccountName ?? 'default')
  if (runsAs === serviceAccount) return identity
  return denied(`Pod ${namespace}/${name} runs as ${runsAs}, the caller is ${formatWorkloadId(caller)}`)
}

function denied(reason: string): NodeIdentity {
  return { ok: false, code: status.PERMISSION_DENIED, reason }
}
