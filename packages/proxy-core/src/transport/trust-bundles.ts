/** The roots that SPIFFE peers are judged against, the revocation lists and who is denied, read from their secrets once for each value. */
import type { Secret, SecretSource } from '@heddle/routing'
import { createDenyList, createTrustBundle, type Crl, type DenyList, parseCrlPem, type TrustBundle } from '@heddle/x509'

export interface TrustBundles {
  /** Undefined while the secret has not come. */
  get(secretName: string): TrustBundle | undefined
  /** The roots without those that are tainted; undefined when none is. */
  cleanOf(secretName: string): TrustBundle | undefined
  denyListOf(secretName: string): DenyList | undefined
  /** Grows with each change of a secret. */
  readonly generation: number
  secretChanged(name: string): void
}

interface Trust {
  readonly bundle: TrustBundle | undefined
  readonly clean: TrustBundle | undefined
  readonly denyList: DenyList | undefined
}

type Validation = Extract<Secret, { readonly kind: 'validation' }>

/** Names of configurations that are gone would otherwise stay for ever. */
const maxBundles = 1024

const nothing: Trust = { bundle: undefined, clean: undefined, denyList: undefined }

export function createTrustBundles(secrets: SecretSource): TrustBundles {
  const known = new Map<string, Trust>()
  let generation = 0
  const trustOf = (name: string): Trust => {
    const found = known.get(name)
    if (found) return found
    if (known.size >= maxBundles) known.clear()
    const trust = readTrust(secrets.get(name))
    known.set(name, trust)
    return trust
  }
  return {
    get: (name) => trustOf(name).bundle,
    cleanOf: (name) => trustOf(name).clean,
    denyListOf: (name) => trustOf(name).denyList,
    get generation() {
      return generation
    },
    secretChanged(name) {
      generation++
      known.delete(name)
    },
  }
}

function readTrust(secret: Secret | undefined): Trust {
  if (secret?.kind !== 'validation') return nothing
  const { rootsPem, taintedRootsPem = '', denied } = secret
  const crls = readCrls(secret)
  const cleanPem = taintedRootsPem === '' ? '' : withoutBlocks(rootsPem, taintedRootsPem)
  return {
    bundle: createBundle(secret, rootsPem, crls),
    clean: cleanPem === '' ? undefined : createBundle(secret, cleanPem, crls),
    denyList: denied && createDenyList(denied),
  }
}

/** @throws when they cannot be read: whoever may be revoked is not let in by that. */
function readCrls({ name, crlPem = '' }: Validation): readonly Crl[] {
  const parsed = parseCrlPem(crlPem)
  if (!parsed.ok) throw new Error(`the revocation lists of "${name}" cannot be used: ${parsed.reason}`)
  return parsed.crls
}

function createBundle({ trustDomain, federatedRootsPem }: Validation, rootsPem: string, crls: readonly Crl[]): TrustBundle {
  if (trustDomain !== undefined) return createTrustBundle({ roots: { ...federatedRootsPem, [trustDomain]: rootsPem }, crls })
  // No trust domain named: these roots speak for every domain, as in Envoy's default validator.
  const bundle = createTrustBundle({ roots: { any: rootsPem }, crls })
  return { ...bundle, trustDomains: ['*'], anchorsOf: () => bundle.anchorsOf('any') }
}

/** What is tainted is given in the words of the whole. */
function withoutBlocks(pem: string, blocks: string): string {
  const gone = new Set(blocksOf(blocks))
  return blocksOf(pem)
    .filter((block) => !gone.has(block))
    .join('\n')
}

function blocksOf(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}
