/** Which proxy a caller may speak for: only one of the identity it proved. What the node says of itself is no proof. */
import { status } from '@grpc/grpc-js'
import { formatWorkloadId } from '@heddle/base'
import type { Caller } from '@heddle/ca'
import { parseNode, type ProxyNode } from '@heddle/translation'
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
  const reason = `the node is of ${namespace}/${serviceAccount}, the caller is ${formatWorkloadId(caller)}`
  return { ok: false, code: status.PERMISSION_DENIED, reason }
}
