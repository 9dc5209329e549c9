/** The Secrets that a Gateway's TLS servers need, where its Pods look for them (Istio's `credentialName`), and whether they are there. */
import type { KubernetesObject } from '@heddle/client/resources'

interface ServerView {
  readonly hosts?: readonly string[]
  readonly tls?: { readonly credentialName?: string; readonly credentialNames?: readonly string[] }
}

export interface GatewaySpecView {
  readonly selector?: Readonly<Record<string, string>>
  readonly servers?: readonly ServerView[]
}

/** One Secret of one namespace. */
export interface NeededCredential {
  readonly namespace: string
  readonly name: string
  /** Whom it is shown to clients for. */
  readonly hosts: readonly string[]
}

/** @param gatewayPods the Pods that the Gateway selects: each reads Secrets of its own namespace. */
export function neededCredentials(
  { servers = [] }: GatewaySpecView,
  gatewayPods: readonly KubernetesObject[],
): readonly NeededCredential[] {
  const namespaces = [...new Set(gatewayPods.map(({ metadata }) => metadata.namespace ?? 'default'))].toSorted()
  return servers.flatMap(({ hosts = [], tls = {} }) =>
    [tls.credentialName ?? [], tls.credentialNames ?? []]
      .flat()
      // `kubernetes-gateway://NAMESPACE/NAME` and other providers' names are not those of Secrets.
      .filter((name) => !name.includes('/'))
      .flatMap((name) => namespaces.map((namespace) => ({ namespace, name, hosts: hosts.map((host) => host.split('/').at(-1) ?? host) }))),
  )
}

/** @param isThere undefined: it may not be read. */
export function describeCredentials(
  needed: readonly { readonly credential: NeededCredential; readonly isThere: boolean | undefined }[],
): string {
  if (needed.length === 0) return ''
  const lines = needed.map(({ credential: { namespace, name, hosts }, isThere }) => {
    const secret = `Secret ${namespace}/${name} for ${hosts.join(', ')}`
    if (isThere === undefined) return `  ${secret}: may not be read\n`
    if (isThere) return `  ${secret}: found\n`
    const remedy = `kubectl create secret tls ${name} -n ${namespace} --cert FILE --key FILE`
    return `  ${secret}: missing, so TLS handshakes fail; make it with "${remedy}"\n`
  })
  return `Credentials:\n${lines.join('')}`
}
