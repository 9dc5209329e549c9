/**
 * Other trust domains whose names the mesh believes (SPIFFE Federation): their bundles are given or fetched as often as they hint, and
 * pushed to every proxy. The last good one of each is kept over a start.
 */
import { createHash } from 'node:crypto'
import { type Clock, type Logger, messageOf } from '@heddle/base'
import { encodeJwtKeySet } from '@heddle/base/node'
import { createFederation, type Federation, parseSpiffeBundle, type SpiffeBundle } from '@heddle/ca'
import type { FederatedTrust } from '@heddle/xds'
import type { FederatedView } from './ca-view.js'
import { domainOf, type FederationEntry } from './federation-settings.js'
import { fetchBundle } from './fetch-bundle.js'
import { type KeptBundles, type KeptBundlesOptions, openKeptBundles } from './kept-bundles.js'

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

interface Deps {
  readonly clock: Clock
  readonly logger: Logger
}

/** Reads what was kept, then follows nobody until it is told whom. */
export async function createFederationFollower(options: KeptBundlesOptions, deps: Deps): Promise<FederationFollower> {
  return new FollowedDomains(await openKeptBundles(options), deps)
}

/** One domain, as long as its entry says the same. */
interface Followed {
  readonly entry: FederationEntry
  readonly from: string
  /** As it came last, good or not. */
  fetched: string | undefined
  /** The last good one. */
  document: string | undefined
  failure: string | undefined
}

class FollowedDomains implements FederationFollower {
  readonly #kept: KeptBundles
  readonly #deps: Deps
  readonly #listeners = new Set<() => void>()
  #followed: ReadonlyMap<string, Followed> = new Map()
  #federation: Federation | undefined

  constructor(kept: KeptBundles, deps: Deps) {
    this.#kept = kept
    this.#deps = deps
  }

  follow(entries: readonly FederationEntry[]): void {
    this.#federation?.close()
    const before = this.#followed
    const followed = new Map(entries.map((entry) => [entry.trustDomain, this.#recordOf(entry, before.get(entry.trustDomain))]))
    this.#followed = followed
    this.#federation = createFederation(
      {
        domains: [...followed.values()].flatMap(({ entry, document }) => (entry.url === undefined ? [] : [domainOf(entry, document)])),
        fetchBundle: async (domain, trusted) => {
          const one = followed.get(domain.trustDomain) as Followed
          one.fetched = undefined
          one.fetched = await fetchBundle(domain, trusted, one.entry.caCertificates, this.#deps.clock)
          return one.fetched
        },
        onChange: (trustDomain) => this.#changed(followed.get(trustDomain) as Followed),
        onLook: (trustDomain, failure) => {
          const one = followed.get(trustDomain) as Followed
          one.failure = failure
          if (failure === undefined) one.document = one.fetched
        },
      },
      this.#deps,
    )
    this.#tell()
    void this.#federation.refresh()
    const isWanted = (trustDomain: string, { from }: { readonly from: string }): boolean => followed.get(trustDomain)?.from === from
    this.#kept.retain(isWanted).catch((error: unknown) => this.#warn('bundles of former domains cannot be taken away', error))
  }

  trusted(): readonly FederatedTrust[] {
    return [...this.#followed.values()].flatMap(({ entry }) => {
      const bundle = this.#bundleOf(entry)
      return bundle ? [{ trustDomain: entry.trustDomain, rootsPem: bundle.rootsPem, jwks: jwksOf(bundle) }] : []
    })
  }

  view(): readonly FederatedView[] {
    return [...this.#followed.values()].map(({ entry, document, failure }) => {
      const { trustDomain, url } = entry
      const spiffe = document ?? entry.bundle
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

  #recordOf(entry: FederationEntry, before: Followed | undefined): Followed {
    const from = originOf(entry)
    const kept = this.#kept.get(entry.trustDomain)
    const document = before?.from === from ? before.document : kept?.from === from ? kept.document : undefined
    return { entry, from, fetched: undefined, document, failure: undefined }
  }

  #bundleOf({ trustDomain, url, bundle }: FederationEntry): SpiffeBundle | undefined {
    if (url !== undefined) return this.#federation?.bundleOf(trustDomain)
    const parsed = parseSpiffeBundle(bundle ?? '')
    return parsed.ok ? parsed.bundle : undefined
  }

  #changed({ entry: { trustDomain }, from, fetched }: Followed): void {
    this.#deps.logger.info('the bundle of another trust domain changed', { trustDomain })
    if (fetched !== undefined)
      this.#kept.keep(trustDomain, { from, document: fetched }).catch((error: unknown) => this.#warn('the bundle cannot be kept', error))
    this.#tell()
  }

  #warn(message: string, error: unknown): void {
    this.#deps.logger.warn(message, { error: messageOf(error) })
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** Which first bundle, from where: a later one is believed for its sake. */
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
