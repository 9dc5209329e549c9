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

/** Finds hosts that stand for the same names among thousands, by their endings. */
export class SeenHosts {
  /** The first of each. */
  readonly #exact = new Map<string, string>()
  readonly #wildcards = new Map<string, string>()
  /** What all of them end with, from each dot on. */
  readonly #endings = new Map<string, string>()

  /** @returns an earlier host that stands for some of the same names. */
  take(host: string): string | undefined {
    const name = host.toLowerCase()
    const isWildcard = name.startsWith('*')
    const ending = isWildcard ? name.slice(1) : name
    const endings = endingsOf(ending)
    const covering = endings.find((each) => this.#wildcards.has(each))
    const earlier =
      (isWildcard ? this.#endings.get(ending) : this.#exact.get(name)) ??
      (covering === undefined ? undefined : this.#wildcards.get(covering))
    keep(isWildcard ? this.#wildcards : this.#exact, ending, host)
    for (const each of endings) keep(this.#endings, each, host)
    return earlier
  }
}

function keep(hosts: Map<string, string>, key: string, host: string): void {
  if (!hosts.has(key)) hosts.set(key, host)
}

/** From each dot on, and the empty one that everything has. */
function endingsOf(name: string): readonly string[] {
  const endings = ['']
  for (let at = name.lastIndexOf('.'); at >= 0; at = at === 0 ? -1 : name.lastIndexOf('.', at - 1)) endings.push(name.slice(at))
  return endings
}
