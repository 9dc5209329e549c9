/**
 * Every row of the HTTP/1.1 request list through a real proxy, whole and byte by byte. The upstream is a strict recorder:
 * it counts well-formed requests, and a row that must be refused may not reach it as a complete request.
 */
import { connect } from 'node:net'
import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { action, anyRoute, config, httpListener, listen, startProxy, staticCluster, type TestProxy, type Upstream } from './harness.js'
import { requestRows } from './wire-rows.js'
import { decodeBytes } from './wire-cases.js'

interface Seen {
  readonly url: string
  readonly body: string
  readonly headers: readonly string[]
}

let front: TestProxy
let upstream: Upstream
const seen: Seen[] = []

beforeAll(async () => {
  upstream = await listen(
    createServer((incoming, outgoing) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', () => {})
      incoming.on('end', () => {
        const body = Buffer.concat(chunks).toString('latin1')
        seen.push({ url: incoming.url ?? '', body, headers: incoming.rawHeaders })
        outgoing.end(`[${body}]`)
      })
    }),
  )
  const limits = { upgradeTypes: ['websocket'] }
  front = await startProxy(config(httpListener([anyRoute(action('echo'))], limits), [staticCluster('echo', [upstream.port])]))
})
afterAll(async () => {
  await front.close()
  upstream.close()
})

interface Outcome {
  readonly statuses: readonly number[]
  readonly closed: boolean
  readonly text: string
}

function send(
  bytes: string,
  pieces: readonly string[],
  fin: boolean,
  expected: number,
  quietMs: number,
  mustClose: boolean,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let text = ''
    let timer: NodeJS.Timeout | undefined
    const finish = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({
        statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map((match) => Number(match[1])).filter((status) => status !== 100),
        closed,
        text,
      })
    }
    const restart = (): void => {
      clearTimeout(timer)
      const done = [...text.matchAll(/HTTP\/1\.1 [2-5]\d\d [A-Z]/g)].length >= expected
      timer = setTimeout(() => finish(false), done && !mustClose ? 25 : quietMs)
    }
    const socket = connect({ port: front.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }, () => {
      let at = 0
      const next = (): void => {
        if (socket.destroyed || socket.writableEnded) return
        if (at < pieces.length) socket.write(pieces[at++] as string, 'latin1', () => setImmediate(next))
        else if (fin) socket.end()
      }
      next()
    })
    socket.on('data', (data) => {
      text += data.toString('latin1')
      restart()
    })
    socket.on('error', () => {})
    socket.on('end', () => finish(true))
    socket.on('close', () => finish(true))
    restart()
  })
}

const wantedStatuses = (want: string): readonly number[] => [...want.matchAll(/\b([2-5]\d\d)\b/g)].map((match) => Number(match[1]))

async function check(row: number, source: string, want: string, split: boolean): Promise<void> {
  const fin = source.endsWith('{FIN}')
  const bytes = decodeBytes(source.replace(/\{FIN\}$/, ''))
  const before = seen.length
  const ok = /\bok(\d*)/.exec(want)
  const expected = ok ? Number(ok[1] || 1) + (want.includes('then 400') ? 1 : 0) : 1
  const { statuses, closed, text } = await send(
    bytes,
    split ? bytes.split('') : [bytes],
    fin,
    expected,
    want.startsWith('wait') ? 60 : 3000,
    !ok || want.includes('then 400'),
  )
  const served = seen.slice(before)
  const context = `row ${row} ${source.slice(0, 120)} want ${want}: statuses ${statuses.join(',')} closed ${String(closed)} served ${served.length} text ${JSON.stringify(text.slice(0, 200))}`
  const refusals = wantedStatuses(want)
  const wasRefused = statuses.length > 0 && statuses.every((status) => status >= 400)
  if (want.startsWith('wait') && statuses.length === 0) return expect(served, context).toHaveLength(0)
  if (want.includes('then 400')) return expect(statuses, context).toEqual([200, 400])
  if (want.startsWith('abort')) return expect(served, context).toHaveLength(0)
  if (ok && !(wasRefused && refusals.length > 0)) {
    const count = Number(ok[1] || 1)
    expect(statuses.filter((status) => status === 200).length, context).toBe(count)
    expect(served, context).toHaveLength(count)
    const body = /\bok (\w+)$/.exec(want.split('(')[0]?.split('/')[0]?.trim() ?? '')?.[1]
    if (body !== undefined && body !== 'path' && body !== 'route') expect(served[0]?.body, context).toBe(body)
    return
  }
  if (want.includes('close') && statuses.length === 0) return expect(closed, context).toBe(true)
  expect(statuses, context).toHaveLength(1)
  expect(refusals, context).toContain(statuses[0])
  expect(closed, context).toBe(true)
  expect(served, context).toHaveLength(0)
}

for (const [row, source, want] of requestRows) {
  test(`row ${row}: ${want}`, async () => {
    await check(row, source, want, false)
  })
}

test('every short row comes out the same when it is sent byte by byte', async () => {
  for (const [row, source, want] of requestRows) {
    if (decodeBytes(source).length < 400 && !want.startsWith('wait')) await check(row, source, want, true)
  }
}, 120_000)
