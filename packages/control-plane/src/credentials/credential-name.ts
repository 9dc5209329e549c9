/**
 * Istio's SDS names of Kubernetes Secrets: `kubernetes://NAME` in the proxy's own namespace, `kubernetes://NAMESPACE/NAME`
 * with the namespace said; with the suffix `-cacert` only the roots of it.
 */
export interface CredentialName {
  readonly namespace: string
  readonly name: string
  /** Roots alone, which are no secret. */
  readonly isRootsOnly: boolean
}

const scheme = 'kubernetes://'

export const rootsSuffix = '-cacert'

/** @returns undefined for names of another kind. */
export function parseCredentialName(text: string, proxyNamespace: string): CredentialName | undefined {
  if (!text.startsWith(scheme)) return undefined
  const [first = '', second, ...rest] = text.slice(scheme.length).split('/')
  const [namespace, name] = second === undefined ? [proxyNamespace, first] : [first, second]
  if (namespace === '' || name === '' || rest.length > 0) return undefined
  return { namespace, name, isRootsOnly: name.endsWith(rootsSuffix) }
}
