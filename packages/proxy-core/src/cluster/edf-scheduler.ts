/**
 * Earliest deadline first, as Envoy schedules by weight: whoever is picked comes again after 1/weight. The weight is asked
 * for anew with every pick, so that it may depend on load or age.
 */
interface Entry<T> {
  readonly item: T
  deadline: number
  order: number
}

export class EdfScheduler<T> {
  readonly #weightOf: (item: T) => number
  readonly #heap: Entry<T>[]
  #order: number

  /** @param skip picks to leave out, so that many proxies do not all begin with the same item. */
  constructor(items: readonly T[], weightOf: (item: T) => number, skip: number) {
    this.#weightOf = weightOf
    this.#heap = items
      .map((item, order) => ({ item, deadline: 1 / weightOf(item), order }))
      .toSorted((a, b) => a.deadline - b.deadline || a.order - b.order)
    this.#order = items.length
    for (let pick = 0; pick < skip; pick++) this.pick()
  }

  pick(): T | undefined {
    const first = this.#heap[0]
    if (first === undefined) return undefined
    first.deadline += 1 / this.#weightOf(first.item)
    first.order = this.#order++
    this.#sink(first)
    return first.item
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry<T>, heap[child] as Entry<T>)) child++
      const next = heap[child] as Entry<T>
      if (isBefore(entry, next)) break
      heap[at] = next
      at = child
    }
    heap[at] = entry
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order)
}
