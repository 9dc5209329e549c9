import { statusOf } from '@heddle/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readProtobufObject } from '../../src/api/protobuf-body.js'

const field = (number: number, content: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, Buffer.byteLength(content)]), Buffer.from(content)])
const number = (at: number, value: number): Buffer => Buffer.from([at * 8, ...(value < 128 ? [value] : [(value & 127) | 128, value >> 7])])
const body = (kind: string, raw: Buffer, version = 'v1'): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), field(1, Buffer.concat([field(1, version), field(2, kind)])), field(2, raw)])

describe('protobuf bodies', () => {
  it('reads the fields that commands write and skips others without a value', () => {
    const metadata = Buffer.concat([field(1, 'a'), field(11, Buffer.concat([field(1, 'k'), field(2, 'v')])), field(15, number(1, 0))])
    const raw = Buffer.concat([field(1, metadata), field(2, Buffer.concat([field(1, 'key'), field(2, 'text')])), Buffer.from([4 * 8, 1])])
    expect(readProtobufObject(body('ConfigMap', raw))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', labels: { k: 'v' } },
      data: { key: 'text' },
      immutable: true,
    })
  })

  it('reads the Deployment of `kubectl create deployment`, with all the empty fields that come along', () => {
    const port = Buffer.concat([field(1, ''), number(2, 0), number(3, 8000), field(4, ''), field(5, '')])
    const container = Buffer.concat([field(1, 'web'), field(2, 'demo/web'), field(3, 'sh'), field(3, '-c'), field(6, port), field(8, '')])
    const template = Buffer.concat([
      field(1, Buffer.concat([field(1, ''), field(8, ''), field(11, Buffer.concat([field(1, 'app'), field(2, 'x')]))])),
      field(2, Buffer.concat([field(2, container), field(3, ''), number(11, 0)])),
    ])
    const selector = field(1, Buffer.concat([field(1, 'app'), field(2, 'x')]))
    const spec = Buffer.concat([number(1, 0), field(2, selector), field(3, template), field(4, field(1, '')), number(5, 0)])
    const raw = Buffer.concat([field(1, field(1, 'x')), field(2, spec), field(3, number(1, 2))])
    expect(readProtobufObject(body('Deployment', raw, 'apps/v1'))).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'x' } },
        template: {
          metadata: { labels: { app: 'x' } },
          spec: { containers: [{ name: 'web', image: 'demo/web', command: ['sh', '-c'], ports: [{ containerPort: 8000 }] }] },
        },
      },
    })
  })

  it('reads the Service of `kubectl create service`, its target a number or a name', () => {
    const port = (target: Buffer) =>
      field(1, Buffer.concat([field(1, 'http'), field(2, 'TCP'), number(3, 80), field(4, target), number(5, 0)]))
    const spec = Buffer.concat([
      port(Buffer.concat([number(1, 0), number(2, 8000), field(3, '')])),
      port(Buffer.concat([number(1, 1), field(3, 'web')])),
    ])
    expect(readProtobufObject(body('Service', Buffer.concat([field(1, field(1, 's')), field(2, spec)])))).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: {
        ports: [
          { name: 'http', protocol: 'TCP', port: 80, targetPort: 8000 },
          { name: 'http', protocol: 'TCP', port: 80, targetPort: 'web' },
        ],
      },
    })
  })

  it('refuses a field with a value that it does not read, so that nothing is lost', () => {
    const variable = field(7, field(1, 'NAME'))
    const template = field(2, field(2, Buffer.concat([field(1, 'web'), variable])))
    expect(codeFor(body('Deployment', field(2, field(3, template)), 'apps/v1'))).toBe(415)
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
