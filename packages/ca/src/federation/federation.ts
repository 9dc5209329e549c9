/**
 * Bundles of other trust domains (SPIFFE Federation): each from its configured address, looked at as often as it hints, the last
 * good one kept when the other side is away, never merged with another domain's. How the document is fetched, and how its server
 * proves itself, is the matter of whoever gives `fetchBundle`.
 */
import type { KeyObject } from 'node:crypto'
import { type Clock, type Logger, type Timer, messageOf, parseSpiffeId, silentLogger } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { type SpiffeBundle, parseSpiffeBundle } from '../bundle/spiffe-bundle.js'
import { caError } from '../ca-error.js'

export interface FederatedDomain {
  /** Whose bundle it is: configured, never taken from the answer. */
  readonly trustDomain: string
  /** `https:` without credentials in it. */
  readonly url: string
  /**
   * How the endpoint proves itself: by the web's authorities, or (`https_spiffe`) by its SPIFFE id under its own trust domain's
   * roots, for which a first bundle is needed.
   */
  readonly profile:
    | { readonly kind: 'https_web'; readonly firstBundle?: string }
    | { readonly kind: 'https_spiffe'; readonly endpointId: string; readonly firstBundle: string }
}

export interface FederationOptions {
  readonly domains: readonly FederatedDomain[]
  /** @returns the document. @param trusted the bundle that proves the endpoint, for `https_spiffe` */
  readonly fetchBundle: (domain: FederatedDomain, trusted: SpiffeBundle | undefined) => Promise<string>
  readonly onChange?: (trustDomain: string, bundle: SpiffeBundle) => void
  /** Called after each look, with why it failed, or undefined; not after `close`. */
  readonly onLook?: (trustDomain: string, failure: string | undefined) => void
}

export interface Federation {
  /** The last good bundle of a trust domain. */
  bundleOf(trustDomain: string): SpiffeBundle | undefined
  /** Looks now; resolves when every domain was looked at. */
  refresh(): Promise<void>
  close(): void
}

const defaultRefreshSeconds = 300
const minRefreshSeconds = 10
const maxRefreshSeconds = 86_400

/** @throws HeddleError `HEDDLE_CA_BUNDLE_INVALID` for a domain that is configured wrongly. */
export function createFederation(options: FederationOptions, deps: { readonly clock?: Clock; readonly logger?: Logger } = {}): Federation {
  const { clock = systemClock, logger = silentLogger } = deps
  const known = new Map<string, SpiffeBundle>()
  const timers = new Map<string, Timer>()
  let isClosed = false

  const look = async (domain: FederatedDomain): Promise<void> => {
    const { trustDomain } = domain
    try {
      const document = await options.fetchBundle(domain, known.get(trustDomain))
      if (isClosed) return
      adopt(domain, read(trustDomain, document))
      options.onLook?.(trustDomain, undefined)
    } catch (error) {
      if (isClosed) return
      options.onLook?.(trustDomain, messageOf(error))
      logger.warn('the bundle of another trust domain could not be fetched; the last one stays', { trustDomain, error: messageOf(error) })
    }
    schedule(domain)
  }
  const adopt = ({ trustDomain }: FederatedDomain, bundle: SpiffeBundle): void => {
    const before = known.get(trustDomain)
    if (before?.sequence !== undefined && bundle.sequence !== undefined && bundle.sequence < before.sequence)
      throw caError('HEDDLE_CA_FEDERATION_FAILED', `the bundle of "${trustDomain}" is older than the one before`, { origin: 'upstream' })
    known.set(trustDomain, bundle)
    if (!before || before.rootsPem !== bundle.rootsPem || !hasSameKeys(before, bundle)) options.onChange?.(trustDomain, bundle)
  }
  const schedule = (domain: FederatedDomain): void => {
    if (isClosed) return
    // Without any bundle nobody of that domain is believed: worth another look soon.
    const found = known.get(domain.trustDomain)
    const hint = found ? (found.refreshHintSeconds ?? defaultRefreshSeconds) : minRefreshSeconds
    const seconds = Math.min(Math.max(hint, minRefreshSeconds), maxRefreshSeconds)
    timers.get(domain.trustDomain)?.cancel()
    timers.set(
      domain.trustDomain,
      clock.setTimer(seconds * 1000, () => void look(domain)),
    )
  }
  for (const domain of options.domains) {
    checkDomain(domain)
    const { firstBundle } = domain.profile
    if (firstBundle !== undefined) known.set(domain.trustDomain, read(domain.trustDomain, firstBundle))
  }
  return {
    bundleOf: (trustDomain) => known.get(trustDomain),
    refresh: async () => void (await Promise.all(options.domains.map(look))),
    close() {
      isClosed = true
      for (const timer of timers.values()) timer.cancel()
    },
  }
}

/** By the keys themselves: another one may come under the id of the one before. */
function hasSameKeys(left: SpiffeBundle, right: SpiffeBundle): boolean {
  const isEqual = (one: KeyObject | undefined, other: KeyObject | undefined): boolean => (one && other ? one.equals(other) : one === other)
  return (
    left.jwtKeyIds.length === right.jwtKeyIds.length &&
    left.jwtKeyIds.every((id, index) => id === right.jwtKeyIds[index] && isEqual(left.keyOf(id), right.keyOf(id)))
  )
}

function read(trustDomain: string, text: string): SpiffeBundle {
  const parsed = parseSpiffeBundle(text)
  if (parsed.ok) return parsed.bundle
  throw caError('HEDDLE_CA_BUNDLE_INVALID', `the bundle of "${trustDomain}" is refused: ${parsed.reason}`, { origin: 'upstream' })
}

function checkDomain({ trustDomain, url, profile }: FederatedDomain): void {
  const name = parseSpiffeId(`spiffe://${trustDomain}`)
  const address = URL.canParse(url) ? new URL(url) : undefined
  const fault =
    !name.ok || name.id.path !== ''
      ? 'the name is no trust domain'
      : address?.protocol !== 'https:' || address.username !== '' || address.password !== ''
        ? 'the address must be https: without credentials'
        : profile.kind === 'https_spiffe' && !parseSpiffeId(profile.endpointId).ok
          ? 'the endpoint id is no SPIFFE id'
          : undefined
  if (fault !== undefined) throw caError('HEDDLE_CA_BUNDLE_INVALID', `cannot federate with "${trustDomain}": ${fault}`, { origin: 'user' })
}
