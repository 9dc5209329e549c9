/**
 * Other trust domains whose names the mesh believes (SPIFFE Federation): their bundles are given or fetched as often as they hint, and
 * pushed to every proxy. The last good one of each is kept in the ConfigMap `heddle-federated-bundles`, so that a start while the other
 * side is away, or long after the first bundle has ended, believes what was believed before.
 */
import { createHash } from 'node:crypto'
import { type Clock, type Logger, messageOf } from '@heddle/base'
import { encodeJwtKeySet } from '@heddle/base/node'
import { createFederation, type FederatedDomain, type Federation, parseSpiffeBundle, type SpiffeBundle } from '@heddle/ca'
import { configMaps, type ResourceClient, statusOf } from '@heddle/client'
import { createTrustBundle, peerChainOf, type PeerCertificateSource, verifySvidPath } from '@heddle/x509'
import type { FederatedTrust } from '@heddle/xds'
import type { FederatedView } from './ca-view.js'
import { domainOf, type FederationEntry } from './federation-settings.js'
import { fetchHttpsDocument } from './https-document.js'

export interface FederationFollower {
  /** Follows these domains from now on and no others. */
  follow(entries: readonly FederationEntry[]): void
  /** For proxies; a domain without a bundle is not there. */
  trusted(): readonly FederatedTrust[]
  view(): readonly FederatedView[]
  /** Calls back when `trusted` changes; returns what ends it. */
  onChange(listener: () => void): () => void
  close(): void
}

export interface FederationFollowerOptions {
  readonly client: ResourceClient
  readonly namespace: string
}

interface Deps {
  readonly clock: Clock
  readonly logger: Logger
}

const bundlesConfigMap = 'heddle-federated-bundles'

/** A bundle that was fetched, and which first one it grew from: when an operator gives another, it counts no more. */
interface LastGood {
  readonly from: string
  readonly document: string
}

/** Reads what was kept, then follows nobody until it is told whom. */
export async function createFederationFollower(options: FederationFollowerOptions, deps: Deps): Promise<FederationFollower> {
  return new FollowedDomains(options, deps, await readKept(options))
}

class FollowedDomains implements FederationFollower {
  readonly #options: FederationFollowerOptions
  readonly #deps: Deps
  readonly #kept: Map<string, LastGood>
  readonly #failures = new Map<string, string>()
  /** As they came, good or not. */
  readonly #fetched = new Map<string, string>()
  readonly #documents = new Map<string, string>()
  readonly #listeners = new Set<() => void>()
  #entries: readonly FederationEntry[] = []
  #federation: Federation | undefined

  constructor(options: FederationFollowerOptions, deps: Deps, kept: Map<string, LastGood>) {
    this.#options = options
    this.#deps = deps
    this.#kept = kept
  }

  follow(entries: readonly FederationEntry[]): void {
    this.#federation?.close()
    this.#entries = entries
    this.#failures.clear()
    const byDomain = new Map(entries.map((entry) => [entry.trustDomain, entry]))
    this.#federation = createFederation(
      {
        domains: entries.flatMap((entry) => (entry.url === undefined ? [] : [domainOf(entry, this.#lastGoodOf(entry))])),
        fetchBundle: (domain, trusted) => this.#fetch(domain, byDomain.get(domain.trustDomain), trusted),
        onChange: (trustDomain) => this.#changed(trustDomain),
        onLook: (trustDomain, failure) => {
          if (failure === undefined) this.#good(trustDomain)
          else this.#failures.set(trustDomain, failure)
        },
      },
      this.#deps,
    )
    this.#tell()
    void this.#federation.refresh()
  }

  trusted(): readonly FederatedTrust[] {
    return this.#entries.flatMap((entry) => {
      const bundle = this.#bundleOf(entry)
      return bundle ? [{ trustDomain: entry.trustDomain, rootsPem: bundle.rootsPem, jwks: jwksOf(bundle) }] : []
    })
  }

  view(): readonly FederatedView[] {
    return this.#entries.map((entry) => {
      const { trustDomain, url } = entry
      const failure = this.#failures.get(trustDomain)
      const spiffe = this.#documents.get(trustDomain) ?? this.#lastGoodOf(entry) ?? entry.bundle
      return {
        trustDomain,
        ...(url !== undefined && { url }),
        ...(spiffe !== undefined && { spiffe }),
        ...(failure !== undefined && { failure }),
      }
    })
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): void {
    this.#federation?.close()
    this.#listeners.clear()
  }

  #bundleOf({ trustDomain, url, bundle }: FederationEntry): SpiffeBundle | undefined {
    if (url !== undefined) return this.#federation?.bundleOf(trustDomain)
    const parsed = parseSpiffeBundle(bundle ?? '')
    return parsed.ok ? parsed.bundle : undefined
  }

  #lastGoodOf(entry: FederationEntry): string | undefined {
    const kept = this.#kept.get(entry.trustDomain)
    return kept?.from === originOf(entry) ? kept.document : undefined
  }

  async #fetch(domain: FederatedDomain, entry: FederationEntry | undefined, trusted: SpiffeBundle | undefined): Promise<string> {
    const document = await fetchBundle(domain, trusted, entry?.caCertificates, this.#deps.clock)
    this.#fetched.set(domain.trustDomain, document)
    return document
  }

  #good(trustDomain: string): void {
    this.#failures.delete(trustDomain)
    const document = this.#fetched.get(trustDomain)
    if (document !== undefined) this.#documents.set(trustDomain, document)
  }

  #changed(trustDomain: string): void {
    this.#deps.logger.info('the bundle of another trust domain changed', { trustDomain })
    const [entry, document] = [this.#entries.find((one) => one.trustDomain === trustDomain), this.#fetched.get(trustDomain)]
    if (entry && document !== undefined) {
      this.#kept.set(trustDomain, { from: originOf(entry), document })
      this.#keep().catch((error: unknown) => this.#deps.logger.warn('the bundle cannot be kept', { trustDomain, error: messageOf(error) }))
    }
    this.#tell()
  }

  /** Of replicas that follow the same domains any may write: what they fetch is the same. */
  async #keep(): Promise<void> {
    const { client, namespace } = this.#options
    const listed = new Set(this.#entries.map(({ trustDomain }) => trustDomain))
    const data = Object.fromEntries(
      [...this.#kept].filter(([name]) => listed.has(name)).map(([name, last]) => [name, JSON.stringify(last)]),
    )
    const metadata = { name: bundlesConfigMap, namespace }
    try {
      await client.patch(configMaps, bundlesConfigMap, { data }, namespace)
    } catch (error) {
      if (statusOf(error)?.code !== 404) throw error
      await client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

async function readKept({ client, namespace }: FederationFollowerOptions): Promise<Map<string, LastGood>> {
  const object = await client.get(configMaps, bundlesConfigMap, namespace)
  const data = (object?.['data'] ?? {}) as Readonly<Record<string, string>>
  return new Map(Object.entries(data).flatMap(([name, text]) => [...readLastGood(name, text)]))
}

function* readLastGood(name: string, text: string): Generator<readonly [string, LastGood]> {
  try {
    const last = JSON.parse(text) as LastGood
    if (typeof last.from === 'string' && parseSpiffeBundle(last.document).ok) yield [name, last]
  } catch {
    // It is fetched again.
  }
}

function originOf({ url, endpointId, bundle }: FederationEntry): string {
  return createHash('sha256')
    .update(JSON.stringify([url, endpointId, bundle]))
    .digest('hex')
}

function jwksOf(bundle: SpiffeBundle): string {
  return encodeJwtKeySet(
    bundle.jwtKeyIds.flatMap((id) => {
      const publicKey = bundle.keyOf(id)
      return publicKey ? [{ id, publicKey }] : []
    }),
  )
}

/** SPIFFE Federation, sections 5.2.1 and 5.2.2. */
function fetchBundle(
  { trustDomain, url, profile }: FederatedDomain,
  trusted: SpiffeBundle | undefined,
  caCertificates: string | undefined,
  clock: Clock,
): Promise<string> {
  if (profile.kind === 'https_web') return fetchHttpsDocument(url, caCertificates === undefined ? {} : { ca: caCertificates })
  const { endpointId } = profile
  const onSecure = (socket: object): void => {
    // The endpoint may be of another domain than the bundle is about; then only a bundle of that one could prove it.
    const roots = createTrustBundle({ roots: { [trustDomain]: trusted?.rootsPem ?? '' } })
    const chain = peerChainOf(socket as PeerCertificateSource)
    const result = verifySvidPath({ chain, bundle: roots, nowMs: clock.now(), role: 'server', expected: [endpointId] })
    if (!result.ok) throw new Error(`the endpoint is not ${endpointId}: ${result.message}`)
  }
  return fetchHttpsDocument(url, { rejectUnauthorized: false, onSecure })
}
