import { createFakeClock, createMemoryLogger, createSeededRandom } from '@heddle/base/testing'
import type { DeltaRequest } from '@heddle/xds'
import { expect, it } from 'vitest'
import { createAdsClient } from '../../src/ads/ads-client.js'
import type { AdsStreamHandlers } from '../../src/ads/ads-stream.js'
import { createResourceTable } from '../../src/ads/resource-table.js'

/** A client of the name table alone, with a scripted control plane. */
function harness(onChange: () => void) {
  const clock = createFakeClock()
  const logger = createMemoryLogger()
  const names = createResourceTable((bytes) => Buffer.from(bytes).toString())
  const streams: { handlers: AdsStreamHandlers; sent: DeltaRequest[] }[] = []
  const client = createAdsClient(
    {
      tables: {
        clusters: createResourceTable<never>(() => undefined as never),
        endpoints: createResourceTable<never>(() => undefined as never, 'by-name'),
        listeners: createResourceTable<never>(() => undefined as never),
        routes: createResourceTable<never>(() => undefined as never, 'by-name'),
        secrets: createResourceTable<never>(() => undefined as never, 'kept'),
      },
      typeUrls: { clusters: 'CDS', endpoints: 'EDS', listeners: 'LDS', routes: 'RDS', secrets: 'SDS' },
      extras: [{ typeUrl: 'NDS', table: names, onChange }],
      onConfig: async () => [],
      open: (handlers) => {
        const stream = { handlers, sent: [] as DeltaRequest[] }
        streams.push(stream)
        return { send: (request) => stream.sent.push(request), close: () => {} }
      },
    },
    { clock, random: createSeededRandom(1), logger },
  )
  client.start()
  const answer = (version: string): void => {
    const resources = [{ name: 'names', typeUrl: 'NDS', version, bytes: Buffer.from(version) }]
    streams.at(-1)!.handlers.onResponse({ typeUrl: 'NDS', nonce: version, resources, removed: [] })
  }
  const refusals = () =>
    streams
      .at(-1)!
      .sent.filter(({ responseNonce }) => responseNonce)
      .map(({ errorMessage }) => errorMessage)
  return { client, clock, logger, streams, answer, refusals }
}

it('names that cannot be written are refused and logged, and asked for again at the next stream', () => {
  let isFull = false
  const { client, clock, logger, streams, answer, refusals } = harness(() => {
    if (isFull) throw new Error('ENOSPC: no space left on device')
  })
  answer('1')
  isFull = true
  answer('2')
  expect(refusals()).toEqual([undefined, 'ENOSPC: no space left on device'])
  expect(logger.records).toContainEqual(expect.objectContaining({ level: 'error', message: 'a response cannot be put into force' }))
  isFull = false
  streams.at(-1)!.handlers.onEnd('gone')
  clock.advance(60_000)
  expect(streams).toHaveLength(2)
  expect(streams.at(-1)!.sent.find(({ typeUrl }) => typeUrl === 'NDS')?.initialVersions).toEqual({ names: '1' })
  answer('2')
  expect(refusals()).toEqual([undefined])
  client.close()
})
