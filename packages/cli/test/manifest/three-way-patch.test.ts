import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { threeWayPatch } from '../../src/manifest/three-way-patch.js'

type Json = Readonly<Record<string, unknown>>

/** JSON merge patch, RFC 7396 section 2. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

const keys = fc.constantFrom('a', 'b', 'c', 'd')
const { tree } = fc.letrec((tie) => ({
  tree: fc.dictionary(
    keys,
    fc.oneof({ maxDepth: 3 }, fc.constantFrom(1, 2, 'x', true), fc.array(fc.constantFrom(1, 2), { maxLength: 2 }), tie('tree')),
  ),
})) as { tree: fc.Arbitrary<Json> }

/** Whether everything that `part` says is in `whole`. */
function holds(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return JSON.stringify(whole) === JSON.stringify(part)
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return false
  return Object.entries(part).every(([key, value]) => holds((whole as Json)[key], value))
}

const seed = 20_261_122
function assertFor(holdsFor: (last: Json, wanted: Json, live: Json) => boolean): void {
  fc.assert(fc.property(tree, tree, tree, holdsFor), { seed, numRuns: 500 })
}

describe(`a three-way patch (seed ${seed})`, () => {
  it('brings the live object to what is wanted', () => {
    assertFor((last, wanted, live) => holds(mergePatch(live, threeWayPatch(last, wanted, live) ?? {}), wanted))
  })

  it('is nothing once it has been applied', () => {
    assertFor((last, wanted, live) => {
      const after = mergePatch(live, threeWayPatch(last, wanted, live) ?? {}) as Json
      return threeWayPatch(wanted, wanted, after) === undefined
    })
  })

  it('removes what was said before and is not any more', () => {
    assertFor((last, wanted, live) => {
      const after = mergePatch(live, threeWayPatch(last, wanted, live) ?? {}) as Json
      return Object.keys(last).every((key) => key in wanted || !(key in after))
    })
  })

  it('leaves alone what neither manifest ever said', () => {
    assertFor((last, wanted, live) => {
      const after = mergePatch(live, threeWayPatch(last, wanted, live) ?? {}) as Json
      return Object.keys(live).every((key) => key in last || key in wanted || holds(after[key], live[key]))
    })
  })
})

describe('a list', () => {
  const wanted = { ports: [{ port: 80 }] }

  it('with defaults of the server inside is what is wanted', () => {
    expect(threeWayPatch(wanted, wanted, { ports: [{ port: 80, protocol: 'TCP' }] })).toBeUndefined()
  })

  it('loses a field that an item has no more', () => {
    const last = { ports: [{ port: 80, targetPort: 8080 }] }
    expect(threeWayPatch(last, wanted, { ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] })).toEqual(wanted)
  })

  it('is replaced whole when it is longer or shorter', () => {
    expect(threeWayPatch(wanted, wanted, { ports: [{ port: 80 }, { port: 81 }] })).toEqual(wanted)
    expect(threeWayPatch(undefined, wanted, { ports: [] })).toEqual(wanted)
  })
})
