import { PassThrough } from 'node:stream'
import type { Client } from '@grpc/grpc-js'
import { createFakeClock } from '@heddle/base/testing'
import type { AccessLogBatch, TcpLogEntry } from '@heddle/xds'
import { expect, it } from 'vitest'
import { createAccessLogSender } from '../../src/grpc/access-log-sender.js'

const entry = { kind: 'tcp' } as TcpLogEntry
const lengthsOf = (batches: readonly AccessLogBatch[]): readonly number[] => batches.map(({ entries }) => entries.length)

it('keeps at most its limit of records for a control plane that takes nothing, and goes on when it takes again', () => {
  const clock = createFakeClock()
  // A stream nobody reads: everything beyond the first two messages stays with the writer.
  const stream = new PassThrough({ objectMode: true, readableHighWaterMark: 1, writableHighWaterMark: 1 })
  const channel = { makeClientStreamRequest: () => stream, close: () => undefined } as unknown as Client
  const sender = createAccessLogSender({ node: { id: 'proxy' }, logName: 'test', openChannel: () => channel, limit: 10 }, clock)

  for (let second = 0; second < 10; second++) {
    for (let record = 0; record < 4; record++) sender.send(entry)
    clock.advance(1000)
  }

  const taken: AccessLogBatch[] = []
  while (stream.readableLength > 0) taken.push(stream.read() as AccessLogBatch)
  expect(lengthsOf(taken)).toEqual([0, 4])
  expect(sender.dropped).toBe(40 - 4 - 10)

  clock.advance(1000)
  expect((stream.read() as AccessLogBatch).entries).toHaveLength(10)
  void sender.close()
})
