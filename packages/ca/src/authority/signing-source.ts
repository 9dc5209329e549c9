/** Where the signing key, the published roots and what is kept beside them come from: our own state, or files that somebody else made. */
import type { KeyAlgorithm } from '@heddle/x509'
import type { DenyKeeper } from '../deny/deny-book.js'
import { type Handover, type HandoverDriver, publishedRoots } from '../handover/handover.js'
import type { JwtKey } from '../jwt/jwt-key.js'
import { type JwtKeyRing, signingKeyOf } from '../jwt/jwt-key-ring.js'
import type { RotationDriver } from '../rotation/rotation-driver.js'
import type { Rotation } from '../rotation/rotation.js'
import { type Authority, isKeyOf } from './authority.js'
import { type CaState, type DeniedEntry, type RootPhase, activeRootOf, rootIdOf } from './ca-state.js'
import type { PluggedInAuthority } from './cacerts.js'
import type { StateKeeper } from './state-keeper.js'

export interface PublishedRoot {
  readonly fingerprint: string
  readonly phase: RootPhase
  readonly pem: string
  readonly notAfterMs: number
  /** Undefined for a root whose key is somebody else's. */
  readonly authority: Authority | undefined
  /** Of that key, which peers have to take. */
  readonly keyAlgorithm: KeyAlgorithm
}

export interface SigningSource {
  readonly rotation: Rotation | undefined
  /** Undefined where the root is our own, and where nothing is kept. */
  readonly handover: Handover | undefined
  signer(): Authority
  /** In the order of the bundle. */
  roots(): readonly PublishedRoot[]
  /** Grows with each change of the roots. */
  sequence(): number
  /** Every published key for tokens. */
  jwtKeys(): JwtKeyRing
  /** Undefined where there is none. */
  jwtSigner(nowMs: number): JwtKey | undefined
  isAuthorityKey(spki: Uint8Array): boolean
  /** Whether the state knows that the active root signs leaves of this length; when it does not, `allowLeaf` saves it. */
  knowsLeaf(ttlSeconds: number): boolean
  allowLeaf(ttlSeconds: number): Promise<void>
  /** The next number of a revocation list, saved before it is used. */
  nextCrlNumber(): Promise<number>
  readonly denied: DenyKeeper
  onChange(listener: () => void): void
  /** Adopts what another replica saved. */
  refresh(): Promise<void>
  close(): Promise<void>
}

/**
 * @param companion keeps who is denied, the numbers of revocation lists and the keys for tokens; without it the first two are forgotten
 * at the end of the process, and there are no tokens.
 */
export function pluggedInSource({ authority }: PluggedInAuthority, nowMs: number, companion?: Companion): SigningSource {
  const initial: Pick<CaState, 'published' | 'former'> = {}
  return {
    rotation: undefined,
    handover: companion?.handover,
    signer: () => authority,
    roots: () => publishedRoots(companion?.keeper.current() ?? initial, authority),
    isAuthorityKey: (spki) => isKeyOf(spki, authority.certificate),
    knowsLeaf: () => true,
    allowLeaf: () => Promise.resolve(),
    ...(companion ? keptBy(companion) : forgetful(nowMs)),
  }
}

export interface Companion {
  readonly keeper: StateKeeper
  readonly driver: RotationDriver
  readonly handover: HandoverDriver
}

type Memory = Pick<SigningSource, 'sequence' | 'jwtKeys' | 'jwtSigner' | 'nextCrlNumber' | 'denied' | 'onChange' | 'refresh' | 'close'>

function forgetful(nowMs: number): Memory {
  const listeners = new Set<() => void>()
  let entries: readonly DeniedEntry[] = []
  // Grows over restarts as well, since nobody remembers the last one.
  let crlNumber = nowMs
  return {
    sequence: () => 1,
    jwtKeys: () => [],
    jwtSigner: () => undefined,
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
    refresh: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

function jwtKeysOf(keeper: StateKeeper): Pick<Memory, 'jwtKeys' | 'jwtSigner'> {
  return { jwtKeys: () => keeper.current().jwtKeys, jwtSigner: (nowMs) => signingKeyOf(keeper.current().jwtKeys, nowMs) }
}

function keptBy({ keeper, driver, handover }: Pick<Companion, 'keeper' | 'driver'> & Partial<Companion>): Memory {
  return {
    ...jwtKeysOf(keeper),
    sequence: () => keeper.current().sequence,
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
    refresh: () => keeper.refresh(),
    close() {
      driver.close()
      handover?.close()
      return keeper.close()
    },
  }
}

export function selfSignedSource(keeper: StateKeeper, rotation: Rotation, driver: RotationDriver): SigningSource {
  return {
    ...keptBy({ keeper, driver }),
    rotation,
    handover: undefined,
    signer: () => activeRootOf(keeper.current()).authority,
    roots: () =>
      keeper.current().roots.map((root) => ({
        fingerprint: rootIdOf(root),
        phase: root.phase,
        pem: root.authority.rootsPem,
        notAfterMs: root.authority.certificate.notAfterMs,
        authority: root.authority,
        keyAlgorithm: root.authority.signer.algorithm,
      })),
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
  }
}
