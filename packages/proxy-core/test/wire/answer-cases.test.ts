/** Every row of the answer lists: an upstream that says exactly these bytes, whole, byte by byte, and cut at every line end and colon. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type AnswerCase,
  decodeWireBytes,
  fieldsOf,
  type ProcessWatch,
  readAnswerExpectation,
  runAnswerCase,
  startStrictUpstream,
  type StrictUpstream,
  watchProcess,
  type WireSplit,
  type WireTarget,
} from '@heddle/testing'
import { action, anyRoute, config, httpListener, startProxy, staticCluster, type TestProxy } from '../integration/harness.js'
import { answerCases } from './case-list.js'

type Check = NonNullable<AnswerCase['check']>

const field =
  (name: string, wanted: string): Check =>
  ({ answers }) => {
    const values = answers.map((answer) => fieldsOf(answer, name).join())
    return values.every((value) => value === wanted) ? [] : [`${name} came as ${JSON.stringify(values)}`]
  }
const noTrailers: Check = ({ answers }) => (answers.every(({ trailers }) => trailers.length === 0) ? [] : ['trailers nobody asked for'])

/** What the prose of a row asks for beside its codes. */
const checks: Readonly<Record<string, Check>> = {
  U3: ({ answers }) => (answers[0]?.framing === 'chunked' ? [] : ['not sent on as chunked']),
  U52: field('content-length', '5'),
  U54: field('content-length', '5'),
  U61: ({ interim }) => (interim.length === 0 ? [] : ['an unasked 100 was passed on']),
  U63: ({ interim }) => (interim.length <= 8 ? [] : [`${interim.length} interim answers`]),
  U80: noTrailers,
}

let watch: ProcessWatch
let upstream: StrictUpstream
let front: TestProxy
let target: WireTarget

beforeAll(async () => {
  watch = watchProcess()
  upstream = await startStrictUpstream()
  front = await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port])]))
  target = {
    connect: () => connect({ port: front.port, host: '127.0.0.1', allowHalfOpen: true }),
    upstream,
    settled: async () => {},
    forwarded: () => 0,
  }
})
afterAll(async () => {
  await front.close()
  await upstream.close()
  expect(await watch.end()).toEqual([])
})

for (const { id, source, want } of answerCases) {
  test(`${id}: ${source.slice(0, 90)} -> ${want}`, async () => {
    const size = decodeWireBytes(source).length
    const splits: readonly WireSplit[] = size < 1000 ? ['whole', 'bytes', 'cuts'] : ['whole']
    const check = checks[id]
    for (const split of splits) {
      const answer: AnswerCase = { source, expectation: readAnswerExpectation(want), ...(check && { check }) }
      expect(await runAnswerCase(target, answer, split), split).toEqual([])
    }
  })
}

test('trailers that were asked for and declared are passed on, and no others', async () => {
  const row = answerCases.find(({ id }) => id === 'U80')
  const answer: AnswerCase = {
    source: row?.source ?? '',
    requestFields: 'TE: trailers\r\n',
    expectation: readAnswerExpectation('ok hi'),
    check: ({ answers }) => (JSON.stringify(answers[0]?.trailers) === '[["X-T","1"]]' ? [] : [JSON.stringify(answers[0]?.trailers)]),
  }
  expect(await runAnswerCase(target, answer, 'whole')).toEqual([])
})
