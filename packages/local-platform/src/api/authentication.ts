/** Who asks: the holder of the kubeconfig's token (the administrator), or a service account by its JWT. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { TokenIssuer } from './token-issuer.js'

export type Caller = { readonly type: 'admin' } | { readonly type: 'service-account'; readonly namespace: string; readonly name: string }

/** Undefined when the request carries no valid credential. */
export async function authenticate(
  authorization: string | undefined,
  adminToken: string,
  tokens: TokenIssuer,
): Promise<Caller | undefined> {
  const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) return undefined
  if (equalSecrets(token, adminToken)) return { type: 'admin' }
  const verified = await tokens.verify(token)
  return verified && { type: 'service-account', namespace: verified.namespace, name: verified.serviceAccount }
}

/**
 * The administrator, and the control plane by its one account: it watches what is configured and keeps its root in a Secret.
 * Other accounts have no rights on resources, like a new account in Kubernetes; that of a gateway, which faces the outside,
 * is one of them.
 */
export function mayUseResources(caller: Caller): boolean {
  return caller.type === 'admin' || (caller.namespace === 'istio-system' && caller.name === 'istiod')
}

export function callerName(caller: Caller): string {
  return caller.type === 'admin' ? 'kubernetes-admin' : `system:serviceaccount:${caller.namespace}:${caller.name}`
}

/** Digests first: equal length, and a comparison that takes the same time wherever they differ. */
function equalSecrets(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
