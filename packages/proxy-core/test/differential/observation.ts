/** What a client and an upstream see of a case, with what every proxy writes in its own words left out. */
import {
  type ClientOutcome,
  decodeWireBytes,
  playClient,
  playSteps,
  readWireScript,
  type UpstreamRecord,
  type WireMessage,
} from '@heddle/testing'
import type { Side } from './sides.js'

export interface Observation {
  /** Codes of the final answers; `-` where there is none. */
  readonly answer: string
  /** What went through: the requests at the upstream, or the answer at the client. */
  readonly passed: readonly string[]
}

/** Time in which a second answer to a pipelined request comes. */
const graceMs = 25

/** Names of fields that are the proxy's own, or tell the time. */
const ownFields = /^(?:x-envoy-.*|x-forwarded-.*|x-request-id|date|server)$/

/** @param patienceMs silence after which no more is expected: some cases are never answered. */
export type Observe = (side: Side, source: string, patienceMs: number) => Promise<Observation>

export const observeRequest: Observe = async (side, source, patienceMs) => {
  side.upstream.take()
  const methods = [...decodeWireBytes(source.replaceAll(/\{(?:FIN|RST|ms:\d+)\}/g, '')).matchAll(/(?:^|\n)([A-Z]+) \S* HTTP/g)]
  const outcome = await playClient(side.connect(), {
    steps: readWireScript(source),
    methods: methods.map(([, method]) => method ?? ''),
    isDone: (answers) => answers.length >= Math.max(1, methods.length),
    graceMs,
    patienceMs,
  })
  await side.upstream.settled()
  return { answer: answerOf(outcome), passed: requestsOf(side.upstream.take()) }
}

export const observeAnswer: Observe = async (side, source, patienceMs) => {
  const [, method = 'GET', bytes = ''] = /^(?:\[([A-Z]+)\] ?)?([^]*)$/.exec(source) ?? []
  const steps = readWireScript(bytes.replace(/\{RST\}$/, '{ms:20}{RST}'))
  side.upstream.answerWith((socket) => playSteps(socket, steps))
  const outcome = await playClient(side.connect(), {
    steps: [{ kind: 'send', bytes: `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n` }],
    methods: [method],
    patienceMs,
  })
  side.upstream.answerWith(undefined)
  side.upstream.take()
  return {
    answer: [...outcome.interim, answerOf(outcome)].join(),
    passed: outcome.answers.filter(({ status }) => status < 500).map(messageOf),
  }
}

function answerOf({ answers, partial, end }: ClientOutcome): string {
  const codes = answers.map(({ status }) => String(status))
  // Envoy says HTTP/1.0 to a client of that version, which the strict reader does not take.
  const old = [...partial.matchAll(/HTTP\/1\.0 (\d{3}) /g)].map(([, code]) => code as string)
  if (partial.startsWith('HTTP/1.0 ')) codes.push(...old)
  else if (partial !== '') codes.push('cut')
  return codes.join() || (end === 'open' ? 'silence' : 'nothing')
}

function requestsOf({ requests, faults }: UpstreamRecord): readonly string[] {
  return [...requests.map(messageOf), ...faults.map((fault) => `not canonical: ${fault}`)]
}

function messageOf(message: WireMessage): string {
  const { method, target, status, fields, body, trailers, framing } = message
  const kept = [...fields, ...trailers.map(([name, value]) => [`trailer ${name}`, value] as const)]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !ownFields.test(name) && name !== 'connection')
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted()
  return [method === '' ? status : `${method} ${target}`, framing, ...kept, JSON.stringify(body)].join(' | ')
}
