import { expect, test } from 'vitest'
import { callTimeoutMs, grpcTimeoutMs, streamDurationMs } from '../../src/router/grpc-timeout.js'

const action = { kind: 'route', target: { kind: 'cluster', cluster: 'u' } } as const

test('a grpc-timeout is a number of up to eight digits and a unit', () => {
  expect(['1H', '2M', '3S', '40m', '1500u', '5n', '123456789S', '1', 'x', '-1S', undefined].map((text) => grpcTimeoutMs(text))).toEqual([
    3_600_000,
    120_000,
    3000,
    40,
    2,
    1,
    ...Array.from({ length: 5 }, () => undefined),
  ])
})

test('a call has its own time where the route honours it, at most as much as that says', () => {
  expect(callTimeoutMs(action, 15_000, '1S')).toBe(15_000)
  expect(callTimeoutMs({ ...action, maxGrpcTimeoutMs: 0 }, 15_000, '1S')).toBe(1000)
  expect(callTimeoutMs({ ...action, maxGrpcTimeoutMs: 0 }, 15_000, undefined)).toBe(0)
  expect(callTimeoutMs({ ...action, maxGrpcTimeoutMs: 500 }, 0, '1S')).toBe(500)
  expect(callTimeoutMs({ ...action, maxGrpcTimeoutMs: 500 }, 0, undefined)).toBe(500)
})

test('a stream lives as long as its call asks, or as the route says', () => {
  const inbound = { ...action, maxStreamDuration: { maxStreamDurationMs: 0, grpcTimeoutHeaderMaxMs: 0 } }
  expect(streamDurationMs(inbound, true, '2S')).toBe(2000)
  expect(streamDurationMs(inbound, true, undefined)).toBe(0)
  expect(streamDurationMs(inbound, false, '2S')).toBe(0)
  expect(streamDurationMs({ ...action, maxStreamDuration: { maxStreamDurationMs: 70 } }, false, undefined)).toBe(70)
  expect(streamDurationMs({ ...action, maxStreamDuration: { grpcTimeoutHeaderMaxMs: 50 } }, true, '1S')).toBe(50)
})
