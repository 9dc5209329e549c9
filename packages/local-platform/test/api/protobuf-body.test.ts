import { statusOf } from '@heddle/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readProtobufObject } from '../../src/api/protobuf-body.js'

const field = (number: number, content: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, Buffer.byteLength(content)]), Buffer.from(content)])
const body = (kind: string, raw: Buffer): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), field(1, Buffer.concat([field(1, 'v1'), field(2, kind)])), field(2, raw)])

describe('protobuf bodies', () => {
  it('reads the fields that commands write and skips the others', () => {
    const metadata = Buffer.concat([field(1, 'a'), field(11, Buffer.concat([field(1, 'k'), field(2, 'v')])), field(15, 'skipped')])
    const raw = Buffer.concat([field(1, metadata), field(2, Buffer.concat([field(1, 'key'), field(2, 'text')])), Buffer.from([4 * 8, 1])])
    expect(readProtobufObject(body('ConfigMap', raw))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', labels: { k: 'v' } },
      data: { key: 'text' },
      immutable: true,
    })
  })

  it('refuses other kinds with 415', () => {
    expect(codeFor(body('Pod', Buffer.alloc(0)))).toBe(415)
  })

  it('answers any other bytes with 400 or 415, never with a fault of its own (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, isFramed) => {
        const whole = isFramed ? body('Secret', Buffer.from(bytes)) : Buffer.concat([Buffer.from('k8s\0'), bytes])
        expect([undefined, 400, 415]).toContain(codeFor(whole))
      }),
      { seed: 20261122, numRuns: 500 },
    )
  })
})

function codeFor(bytes: Buffer): number | undefined {
  try {
    readProtobufObject(bytes)
    return undefined
  } catch (error) {
    const status = statusOf(error)
    if (!status) throw error
    return status.code
  }
}
