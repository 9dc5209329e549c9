/** One row of the answer list: an upstream that says exactly these bytes, and what the client and its next request must see. */
import { delay } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { readWireScript, splitWireSteps, type WireSplit } from './case-script.js'
import type { AnswerExpectation } from './expectation.js'
import type { WireTarget } from './run-request-case.js'
import { type ClientOutcome, playClient, playSteps } from './scripted-client.js'

export interface AnswerCase {
  /** May begin with `[HEAD]`, the request's method. */
  readonly source: string
  readonly expectation: AnswerExpectation
  /** Fields of the request, each with its CRLF. */
  readonly requestFields?: string
  /** More that has to hold. @returns what is wrong. */
  readonly check?: (outcome: ClientOutcome) => readonly string[]
}

export async function runAnswerCase(target: WireTarget, wireCase: AnswerCase, split: WireSplit): Promise<readonly string[]> {
  const [, method = 'GET', source = ''] = /^(?:\[([A-Z]+)\] ?)?([^]*)$/.exec(wireCase.source) ?? []
  const { upstream } = target
  // Resets overtake what was written just before: the proxy gets a moment to read.
  const steps = splitWireSteps(readWireScript(source.replace(/\{RST\}$/, '{ms:20}{RST}')), split)
  upstream.answerWith((socket) => playSteps(socket, steps))
  const ask = (path: string, fields: string, verb: string): Promise<ClientOutcome> =>
    playClient(target.connect(), {
      steps: [{ kind: 'send', bytes: `${verb} ${path} HTTP/1.1\r\nHost: a\r\n${fields}Connection: close\r\n\r\n` }],
      methods: [verb],
    })
  const outcome = await ask('/', wireCase.requestFields ?? '', method)
  // Bytes that an upstream sends unasked behind its answer need a turn to arrive.
  await delay(systemClock, 2)
  upstream.answerWith(undefined)
  const accepted = upstream.accepted
  const next = await ask('/next', '', 'GET')
  upstream.take()
  const faults = [...judge(wireCase.expectation, outcome, source), ...(wireCase.check?.(outcome) ?? []), ...outcome.faults]
  if (next.answers[0]?.body !== '/next ') faults.push(`the next request got ${JSON.stringify(next.answers[0]?.body ?? next.partial)}`)
  const { reuse } = wireCase.expectation
  if (reuse !== undefined && reuse !== (upstream.accepted === accepted)) faults.push(reuse ? 'was not reused' : 'was reused')
  return faults.length === 0 ? [] : [...faults, `answers ${outcome.answers.map(({ status }) => status).join()} end ${outcome.end}`]
}

function judge({ ok, refusals, mayCut }: AnswerExpectation, outcome: ClientOutcome, source: string): readonly string[] {
  const [answer] = outcome.answers
  if (outcome.answers.length > 1) return ['more than one answer']
  if (outcome.end === 'open') return ['no end of the answer']
  if (answer === undefined) return mayCut ? [] : ['the answer was cut']
  const isPassed = ok !== undefined && (answer.status === ok.status || isUnknownClass(answer.status, source))
  if (isPassed) return ok.body !== undefined && answer.body !== ok.body ? [`the body is ${JSON.stringify(answer.body)}`] : []
  // As in Envoy: 502 for what cannot be read, 503 where the connection ended between two heads.
  const isBetween = refusals.includes(502) && /(?:^|\\r\\n\\r\\n)\{FIN\}$/.test(source) && answer.status === 503
  return refusals.includes(answer.status) || isBetween ? [] : [`status ${answer.status}`]
}

/** `600` is passed on as it is. */
function isUnknownClass(status: number, source: string): boolean {
  return status >= 600 && source.includes(` ${status} `)
}
