/** One question to the path check in the manner of x509-limbo: a chain, roots, a time, and what RFC 5280 and X509-SVID want of it. */
import type { KeyAlgorithm, PeerRole } from '../../src/index.js'
import { type Change, type RawParty, type Role, makeRaw } from './raw-certificate.js'

export interface LimboCase {
  /** `family/what@where`. */
  readonly id: string
  /** What the standards ask for. */
  readonly must: 'accept' | 'refuse'
  /** Why it is refused, one of these; when absent any reason will do. `bundle`: the root is not taken at all. */
  readonly reasons?: readonly string[]
  /** Leaf first. */
  readonly chain: readonly Uint8Array[]
  readonly roots: readonly Uint8Array[]
  readonly nowMs?: number
  readonly role?: PeerRole
  readonly keyAlgorithms?: readonly KeyAlgorithm[]
  /** Where we knowingly differ: a heading of the table in docs/conformance.md. */
  readonly deviation?: string
}

export interface Verdict extends Pick<LimboCase, 'must' | 'reasons' | 'nowMs' | 'role' | 'keyAlgorithms' | 'deviation'> {}

export const accept: Verdict = { must: 'accept' }

export function refuse(...reasons: readonly string[]): Verdict {
  return reasons.length === 0 ? { must: 'refuse' } : { must: 'refuse', reasons }
}

/** We take what a standard refuses, or refuse what it takes, for a reason that is written down. */
export function knowingly(must: 'accept' | 'refuse', deviation: string): Verdict {
  return { must, deviation }
}

export const everywhere: readonly Role[] = ['leaf', 'intermediate', 'root']
export const inChain: readonly Role[] = ['leaf', 'intermediate']

export interface Chain {
  readonly chain: readonly Uint8Array[]
  readonly roots: readonly Uint8Array[]
}

/** root -> intermediate -> leaf with one of them changed. */
export function chainWith(where: Role, change: Change): Chain {
  const only = (role: Role): Change | undefined => (role === where ? change : undefined)
  const root = makeRaw('root', undefined, only('root'))
  const intermediate = makeRaw('intermediate', root, only('intermediate'))
  const leaf = makeRaw('leaf', intermediate, only('leaf'))
  return chainOf(root, intermediate, leaf)
}

/** Root first, leaf last. */
export function chainOf(root: RawParty, ...below: readonly RawParty[]): Chain {
  return { chain: below.toReversed().map(({ der }) => der), roots: [root.der] }
}

/** The same change in several places; the verdict may depend on the place. */
export function cases(id: string, places: readonly Role[], change: Change, verdict: Verdict | ((where: Role) => Verdict)): LimboCase[] {
  return places.map((where) => {
    const { reasons, ...rest } = typeof verdict === 'function' ? verdict(where) : verdict
    const at = where === 'root' && reasons?.includes('certificate-malformed') ? ['bundle'] : reasons
    return { id: `${id}@${where}`, ...chainWith(where, change), ...rest, ...(at && { reasons: at }) }
  })
}
