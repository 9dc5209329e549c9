/**
 * Which keys sign JWT-SVIDs over time. A new key is published well before it signs, so that every validator knows it by then (SPIFFE
 * Federation asks for three to five refresh hints), and an old one stays published until the last token under it has ended.
 */
import type { Random } from '@heddle/base'
import { type JwtKey, createJwtKey } from './jwt-key.js'

export interface RingKey extends JwtKey {
  /** Since when it is published, in milliseconds since the Unix epoch. */
  readonly sinceMs: number
  /** From when on it signs, unless a newer one does. */
  readonly signsFromMs: number
}

/** How long a key is the newest one. */
const keyLifeMs = 30 * 86_400_000
/** Twelve refresh hints. */
const publishedBeforeMs = 3_600_000
/** The longest token, and an hour for clocks that differ and caches. */
const publishedAfterMs = 2 * 3_600_000

/** The oldest first. */
export type JwtKeyRing = readonly RingKey[]

/** A first key signs at once: nobody has another. */
export function firstRing(nowMs: number, random: Random): JwtKeyRing {
  return [{ ...createJwtKey(random), sinceMs: nowMs, signsFromMs: nowMs }]
}

export function withNewKey(ring: JwtKeyRing, nowMs: number, random: Random): JwtKeyRing {
  return [...ring, { ...createJwtKey(random), sinceMs: nowMs, signsFromMs: nowMs + publishedBeforeMs }]
}

/** The keys of another authority go on, and the newer ones take over as a new key does. */
export function withFormerRing(ring: JwtKeyRing, former: JwtKeyRing, nowMs: number): JwtKeyRing {
  if (former.length === 0) return ring
  return [...former, ...ring.map((key) => ({ ...key, sinceMs: nowMs, signsFromMs: nowMs + publishedBeforeMs }))]
}

/** The newest key signs from now on: everybody who has acknowledged the new root has this key as well. */
export function withNewestSigning(ring: JwtKeyRing, nowMs: number): JwtKeyRing {
  return ring.map((key, index) => (index === ring.length - 1 ? { ...key, signsFromMs: Math.min(key.signsFromMs, nowMs) } : key))
}

/** Distrusts what signed before the present key. */
export function withoutFormerKeys(ring: JwtKeyRing, nowMs: number): JwtKeyRing {
  const signing = signingKeyOf(ring, nowMs)
  return signing ? ring.slice(ring.indexOf(signing)) : ring
}

/** The newest that was published long enough. */
export function signingKeyOf(ring: JwtKeyRing, nowMs: number): RingKey | undefined {
  return ring.findLast(({ signsFromMs }) => nowMs >= signsFromMs) ?? ring[0]
}

/** The ring as it should be now: the same one when nothing is to be done. */
export function turnedRing(ring: JwtKeyRing, nowMs: number, random: Random): JwtKeyRing {
  const over = nowMs - publishedAfterMs
  const kept = ring.filter((_, index) => !ring.slice(index + 1).some(({ signsFromMs }) => signsFromMs <= over))
  const newest = kept.at(-1)
  if (!newest || nowMs >= newest.sinceMs + keyLifeMs) return withNewKey(kept, nowMs, random)
  return kept.length === ring.length ? ring : kept
}
