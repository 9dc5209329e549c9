/** Host rules that several kinds share: wildcards that overlap, and what a short name is. */

/** Every name that both patterns stand for: `*.a.com` overlaps `b.a.com`; equal names overlap. */
export function hostsOverlap(a: string, b: string): boolean {
  if (a === '*' || b === '*') return true
  const left = a.toLowerCase()
  const right = b.toLowerCase()
  if (left.startsWith('*')) return right.startsWith('*') ? endsAlike(left.slice(1), right.slice(1)) : right.endsWith(left.slice(1))
  return right.startsWith('*') ? left.endsWith(right.slice(1)) : left === right
}

function endsAlike(a: string, b: string): boolean {
  return a.endsWith(b) || b.endsWith(a)
}

/** True when every name that `inner` stands for is also meant by `outer`. */
export function hostCovers(outer: string, inner: string): boolean {
  if (outer === '*') return true
  if (!outer.startsWith('*')) return outer.toLowerCase() === inner.toLowerCase()
  const bare = inner.startsWith('*') ? inner.slice(1) : inner
  return bare.toLowerCase().endsWith(outer.slice(1).toLowerCase())
}
