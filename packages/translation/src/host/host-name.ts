/**
 * Host names of services and configuration: short names are relative to the namespace of the resource that says them
 * (Istio's ResolveShortnameToFQDN), and a leading `*` stands for any prefix.
 */

/** `helloworld` -> `helloworld.NAMESPACE.svc.DOMAIN`; names with a dot, wildcards and IP addresses stay as they are. */
export function resolveHost(host: string, namespace: string, clusterDomain: string): string {
  if (host.includes('.') || host.startsWith('*') || host.includes(':') || host === '') return host.toLowerCase()
  return `${host}.${namespace}.svc.${clusterDomain}`.toLowerCase()
}

export function isWildcard(host: string): boolean {
  return host.startsWith('*')
}

/** Whether `pattern`, a name or a wildcard, covers `host`, which may itself be a wildcard. */
export function hostCovers(pattern: string, host: string): boolean {
  if (!isWildcard(pattern)) return pattern === host
  return host.slice(isWildcard(host) ? 1 : 0).endsWith(pattern.slice(1))
}

/** The narrower of two overlapping hosts, or undefined when no name can match both. */
export function narrowerHost(left: string, right: string): string | undefined {
  if (hostCovers(left, right)) return right
  return hostCovers(right, left) ? left : undefined
}

/** Sorts exact names before wildcards and longer wildcards before shorter ones. */
export function bySpecificity(left: string, right: string): number {
  if (isWildcard(left) !== isWildcard(right)) return isWildcard(left) ? 1 : -1
  return isWildcard(left) ? right.length - left.length : 0
}
