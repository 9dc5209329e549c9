/** Where the signing key, the published roots and what is kept beside them come from: our own state, or files that somebody else made. */
import type { Crl } from '@heddle/x509'
import type { DenyKeeper } from '../deny/deny-book.js'
import type { JwtKey } from '../jwt/jwt-key.js'
import type { RotationDriver } from '../rotation/rotation-driver.js'
import type { Rotation } from '../rotation/rotation.js'
import { type Authority, isKeyOf } from './authority.js'
import { type DeniedEntry, type RootPhase, activeRootOf, rootIdOf } from './ca-state.js'
import type { PluggedInAuthority } from './cacerts.js'
import type { StateKeeper } from './state-keeper.js'

export interface PublishedRoot {
  readonly fingerprint: string
  readonly phase: RootPhase
  readonly pem: string
  readonly notAfterMs: number
  readonly jwtKey: JwtKey | undefined
  /** Undefined for a root whose key is somebody else's. */
  readonly authority: Authority | undefined
}

export interface SigningSource {
  readonly rotation: Rotation | undefined
  readonly crls: readonly Crl[]
  signer(): Authority
  /** In the order of the bundle. */
  roots(): readonly PublishedRoot[]
  /** Grows with each change of the roots. */
  sequence(): number
  isAuthorityKey(spki: Uint8Array): boolean
  /** Whether the state knows that the active root signs leaves of this length; when it does not, `allowLeaf` saves it. */
  knowsLeaf(ttlSeconds: number): boolean
  allowLeaf(ttlSeconds: number): Promise<void>
  /** The next number of a revocation list, saved before it is used. */
  nextCrlNumber(): Promise<number>
  readonly denied: DenyKeeper
  onChange(listener: () => void): void
  close(): Promise<void>
}

/** Nothing is kept: who is denied is forgotten at the end of the process, and so are the numbers of revocation lists. */
export function pluggedInSource({ authority, crls }: PluggedInAuthority, nowMs: number): SigningSource {
  const listeners = new Set<() => void>()
  let entries: readonly DeniedEntry[] = []
  // Grows over restarts as well, since nobody remembers the last one.
  let crlNumber = nowMs
  const root: PublishedRoot = {
    fingerprint: authority.fingerprint,
    phase: 'active',
    pem: authority.rootsPem,
    notAfterMs: authority.chainNotAfterMs,
    jwtKey: undefined,
    authority,
  }
  return {
    rotation: undefined,
    crls,
    signer: () => authority,
    roots: () => [root],
    sequence: () => 1,
    isAuthorityKey: (spki) => isKeyOf(spki, authority.certificate),
    knowsLeaf: () => true,
    allowLeaf: () => Promise.resolve(),
    nextCrlNumber: () => Promise.resolve(++crlNumber),
    denied: {
      entries: () => entries,
      replace(change) {
        entries = change(entries)
        for (const listener of listeners) listener()
        return Promise.resolve()
      },
    },
    onChange: (listener) => void listeners.add(listener),
    close: () => Promise.resolve(),
  }
}

export function selfSignedSource(keeper: StateKeeper, rotation: Rotation, driver: RotationDriver): SigningSource {
  return {
    rotation,
    crls: [],
    signer: () => activeRootOf(keeper.current()).authority,
    roots: () =>
      keeper.current().roots.map((root) => ({
        fingerprint: rootIdOf(root),
        phase: root.phase,
        pem: root.authority.rootsPem,
        notAfterMs: root.authority.certificate.notAfterMs,
        jwtKey: root.jwtKey,
        authority: root.authority,
      })),
    sequence: () => keeper.current().sequence,
    isAuthorityKey: (spki) => keeper.current().roots.some((root) => isKeyOf(spki, root.authority.certificate)),
    knowsLeaf: (ttlSeconds) => ttlSeconds <= activeRootOf(keeper.current()).longestLeafSeconds,
    async allowLeaf(ttlSeconds) {
      await keeper.replace((state) => ({
        ...state,
        roots: state.roots.map((root) =>
          root.phase === 'active' ? { ...root, longestLeafSeconds: Math.max(root.longestLeafSeconds, ttlSeconds) } : root,
        ),
      }))
    },
    async nextCrlNumber() {
      await keeper.replace((state) => ({ ...state, crlNumber: state.crlNumber + 1 }))
      return keeper.current().crlNumber
    },
    denied: {
      entries: () => keeper.current().denied,
      replace: (change) =>
        keeper.replace((state) => {
          const denied = change(state.denied)
          return denied === state.denied ? state : { ...state, denied }
        }),
    },
    onChange: (listener) => keeper.onChange(listener),
    close() {
      driver.close()
      return keeper.close()
    },
  }
}
