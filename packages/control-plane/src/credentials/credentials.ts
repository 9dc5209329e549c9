/**
 * The control plane's side of SDS: Secrets of a proxy's own namespace as resources. Only what the proxy's configuration
 * refers to is served, only from the namespace of the identity it proved, and private keys only to accounts that may read
 * Secrets; roots are public. What is missing or of no use is said once and leaves that one secret out.
 */
import type { Logger } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client'
import type { Secret } from '@heddle/routing'
import type { ProxyNode } from '@heddle/translation'
import { encodeSecret, type XdsResource } from '@heddle/xds'
import { type CredentialName, parseCredentialName, rootsSuffix } from './credential-name.js'
import { crlOf, keyPairOf, type Material, rootsOf } from './secret-material.js'

export interface CredentialsOptions {
  readonly secretOf: (namespace: string, name: string) => KubernetesObject | undefined
  readonly logger: Logger
}

export interface Credentials {
  /** @param mayHaveKeys whether the proxy's account may read Secrets. */
  resourcesFor(proxy: ProxyNode, names: readonly string[], mayHaveKeys: boolean): readonly XdsResource[]
  /** istiod's `pilot_sds_certificate_errors_total`. */
  readonly errorCount: number
}

const maxReasons = 10_000

export function createCredentials({ secretOf, logger }: CredentialsOptions): Credentials {
  /** Why a secret was left out, by proxy and name; the same reason is said once. */
  const reasons = new Map<string, string>()
  let errorCount = 0

  const read = (text: string, namespace: string, mayHaveKeys: boolean): Material<Secret> => {
    const name = parseCredentialName(text, namespace)
    if (name === undefined) return refused('its name is not that of a Kubernetes Secret')
    if (name.namespace !== namespace) return refused('proxies get Secrets of their own namespace only')
    if (name.isRootsOnly) return rootsSecret(text, name, secretOf)
    if (!mayHaveKeys) return refused("the proxy's service account may not read Secrets")
    const secret = secretOf(namespace, name.name)
    if (secret === undefined) return refused(`there is no Secret ${namespace}/${name.name}`)
    const pair = keyPairOf(secret)
    return pair.ok ? { ok: true, value: { kind: 'certificate', name: text, ...pair.value } } : pair
  }

  return {
    get errorCount() {
      return errorCount
    },
    resourcesFor({ id, namespace }, names, mayHaveKeys) {
      return names.flatMap((name) => {
        const key = `${id} ${name}`
        const material = read(name, namespace, mayHaveKeys)
        if (material.ok) {
          reasons.delete(key)
          return [encodeSecret(material.value)]
        }
        if (reasons.get(key) !== material.reason) {
          if (reasons.size >= maxReasons) reasons.clear()
          reasons.set(key, material.reason)
          errorCount++
          logger.warn('a proxy does not get a secret that it needs', { proxy: id, secret: name, reason: material.reason })
        }
        return []
      })
    },
  }
}

/** A Secret of that very name, else the one that has certificate, key and roots together. */
function rootsSecret(text: string, { namespace, name }: CredentialName, secretOf: CredentialsOptions['secretOf']): Material<Secret> {
  const stripped = name.slice(0, -rootsSuffix.length)
  const secret = secretOf(namespace, name) ?? secretOf(namespace, stripped)
  if (secret === undefined) return refused(`there is no Secret ${namespace}/${name} nor ${namespace}/${stripped}`)
  const roots = rootsOf(secret)
  if (!roots.ok) return roots
  const crlPem = crlOf(secret)
  return { ok: true, value: { kind: 'validation', name: text, rootsPem: roots.value, ...(crlPem !== undefined && { crlPem }) } }
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
