/** The direct reader and writer agree with protobuf-es, and take any bytes without harm. */
import { fromBinary, fromJson, toBinary, toJson, type DescMessage, type JsonValue } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCluster, decodeListener, decodeRouteConfiguration } from '../../src/decode.js'
import { encode, encodeCluster, encodeListener } from '../../src/encode.js'
import { ListenerSchema } from '../../src/gen/envoy/config/listener/v3/listener_pb.js'
import { schemaOf } from '../../src/message/canonical-json.js'
import { readMessage } from '../../src/message/message-reader.js'
import { writeMessage } from '../../src/message/message-writer.js'
import { registry } from '../../src/registry.js'
import { listener, proxyConfig } from '../arbitrary.js'

const seed = 20_260_823

describe(`reading and writing messages (seed ${seed})`, () => {
  it('agree with protobuf-es in bytes and JSON', () => {
    fc.assert(
      fc.property(proxyConfig, (config) => {
        for (const resource of Object.values(encode(config)).flat()) agree(schemaOf(resource.typeUrl), resource.bytes)
      }),
      { seed, numRuns: 40 },
    )
  })

  function agree(schema: DescMessage, bytes: Uint8Array): void {
    const json = toJson(schema, fromBinary(schema, bytes), { registry })
    const own = readMessage(schema, bytes)
    expect(own).toEqual({ json, unknownFields: [] })
    expect(writeMessage(schema, own.json)).toEqual(toBinary(schema, fromJson(schema, json, { registry })))
  }

  it('never throw out of a decoder, whatever the bytes', () => {
    const damage = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.nat(1000) })
    fc.assert(
      fc.property(listener, fc.array(damage, { minLength: 1, maxLength: 4 }), (model, damages) => {
        const bytes = Uint8Array.from(encodeListener(model).bytes)
        for (const { at, to } of damages) bytes[at % bytes.length] = to
        const cut = bytes.subarray(0, bytes.length - (damages[0]!.cut % 3))
        for (const decodeOne of [decodeListener, decodeCluster, decodeRouteConfiguration]) {
          const { value, errors } = decodeOne({ name: 'x', bytes: cut })
          expect(errors.length === 0).toBe(value !== undefined)
        }
      }),
      { seed, numRuns: 200 },
    )
  })

  it('keep a key named __proto__ a key', () => {
    const json = JSON.parse('{"name":"c","metadata":{"filterMetadata":{"__proto__":{"polluted":true}}}}') as JsonValue
    const schema = schemaOf('type.googleapis.com/envoy.config.cluster.v3.Cluster')
    const { json: read } = readMessage(schema, writeMessage(schema, json as object))
    expect(JSON.stringify(read)).toContain('"__proto__"')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('refuse nesting without end', () => {
    let metadata: object = {}
    for (let depth = 0; depth < 200; depth += 1) metadata = { a: metadata }
    const { bytes } = encodeCluster({ name: 'c', type: 'STATIC', metadata: { istio: metadata as never } })
    expect(decodeCluster({ name: 'c', bytes }).errors[0]?.message).toContain('nested too deeply')
  })

  it('refuse values outside of an enum by name', () => {
    expect(() => writeMessage(ListenerSchema, { trafficDirection: 'SIDEWAYS' })).toThrow('"SIDEWAYS" is not one of')
  })
})
