/** Every row of the lists of byte-level cases, and more, through a real Envoy and through the proxy, set up for the same duty. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { envoyProgram } from '../envoy.js'
import { answerCases, requestCases } from '../wire/case-list.js'
import { knownDifferences } from './known-differences.js'
import { moreCases } from './more-cases.js'
import { type Observation, observeAnswer, type Observe, observeRequest } from './observation.js'
import { type Lane, type Lanes, startLanes } from './sides.js'

interface Case {
  readonly id: string
  readonly source: string
  readonly observe: Observe
}

interface Comparison {
  readonly id: string
  readonly source: string
  readonly envoy: Observation
  readonly heddle: Observation
}

const cases: readonly Case[] = [
  ...[...requestCases, ...moreCases].map(({ id, source }) => ({ id, source, observe: observeRequest })),
  ...answerCases.map(({ id, source }) => ({ id, source, observe: observeAnswer })),
].filter(({ source }) => source !== '')

const known = new Set(knownDifferences.flatMap((difference) => difference.cases))

/** The second one is for what came out otherwise than expected: it may only have been slow. */
const patiencesMs = [400, 5000] as const

describe.skipIf(envoyProgram === undefined)('beside Envoy (skipped: envoy not found on the PATH)', () => {
  let started: Lanes
  let comparisons: readonly Comparison[]
  beforeAll(async () => {
    started = await startLanes(8)
    comparisons = await compareAll(started.lanes)
  }, 180_000)
  afterAll(() => started.close())

  test('every case comes to the same, but for the differences that are known', () => {
    expect(comparisons.length).toBe(cases.length)
    expect(comparisons.filter((comparison) => isDifferent(comparison) && !known.has(comparison.id))).toEqual([])
  })

  test('every difference that is known is one', () => {
    const same = comparisons.filter((comparison) => !isDifferent(comparison)).map(({ id }) => id)
    expect(same.filter((id) => known.has(id))).toEqual([])
  })
})

test('docs/conformance.md tells of every known difference', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../../docs/conformance.md'), 'utf8')
  for (const { kind, title, reason, cases: ids } of knownDifferences)
    expect(page).toContain(`| ${kind} | ${title} | ${reason} | ${ids.length} |`)
})

function isDifferent({ envoy, heddle }: Comparison): boolean {
  return JSON.stringify(envoy) !== JSON.stringify(heddle)
}

async function compareAll(lanes: readonly Lane[]): Promise<readonly Comparison[]> {
  const waiting = [...cases]
  const compareNext = async (lane: Lane): Promise<readonly Comparison[]> => {
    const done: Comparison[] = []
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) done.push(await compare(lane, next))
    return done
  }
  return (await Promise.all(lanes.map(compareNext))).flat()
}

async function compare(lane: Lane, { id, source, observe }: Case): Promise<Comparison> {
  const once = async (patienceMs: number): Promise<Comparison> => {
    const [envoy, heddle] = await Promise.all([observe(lane.envoy, source, patienceMs), observe(lane.heddle, source, patienceMs)])
    return { id, source, envoy, heddle }
  }
  const first = await once(patiencesMs[0])
  return isDifferent(first) === known.has(id) ? first : once(patiencesMs[1])
}
