/** The roots that SPIFFE peers are judged against, read from their secrets once for each value. */
import type { SecretSource } from '@heddle/routing'
import { createTrustBundle, type TrustBundle } from '@heddle/x509'

export interface TrustBundles {
  /** Undefined while the secret has not come. */
  get(secretName: string): TrustBundle | undefined
  secretChanged(name: string): void
}

/** Names of configurations that are gone would otherwise stay for ever. */
const maxBundles = 1024

export function createTrustBundles(secrets: SecretSource): TrustBundles {
  const bundles = new Map<string, TrustBundle | undefined>()
  return {
    get(name) {
      if (bundles.has(name)) return bundles.get(name)
      if (bundles.size >= maxBundles) bundles.clear()
      const bundle = readBundle(secrets, name)
      bundles.set(name, bundle)
      return bundle
    },
    secretChanged: (name) => void bundles.delete(name),
  }
}

function readBundle(secrets: SecretSource, name: string): TrustBundle | undefined {
  const secret = secrets.get(name)
  if (secret?.kind !== 'validation') return undefined
  if (secret.trustDomain !== undefined) return createTrustBundle({ roots: { [secret.trustDomain]: secret.rootsPem } })
  // No trust domain named: these roots speak for every domain, as in Envoy's default validator.
  const bundle = createTrustBundle({ roots: { any: secret.rootsPem } })
  return { ...bundle, trustDomains: ['*'], anchorsOf: () => bundle.anchorsOf('any') }
}
