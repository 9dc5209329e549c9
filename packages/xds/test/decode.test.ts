import { create, fromJson, toBinary, type JsonValue } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import type { HttpFilter, Listener } from '@heddle/routing'
import { describe, expect, it } from 'vitest'
import { toJson } from '../src/message/canonical-json.js'
import { decodeCluster, decodeListener, decodeRouteConfiguration } from '../src/decode.js'
import { encodeCluster, encodeListener } from '../src/encode.js'
import { ClusterSchema } from '../src/gen/envoy/config/cluster/v3/cluster_pb.js'
import { RouteConfigurationSchema } from '../src/gen/envoy/config/route/v3/route_pb.js'
import { HttpFilterSchema } from '../src/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { registry } from '../src/registry.js'
import { typeUrls } from '../src/type-url.js'

function route(json: JsonValue): { name: string; bytes: Uint8Array } {
  const config = { name: 'r', virtualHosts: [{ name: 'v', domains: ['*'], routes: [json] }], validateClusters: false }
  return { name: 'r', bytes: toBinary(RouteConfigurationSchema, fromJson(RouteConfigurationSchema, config, { registry })) }
}

describe('decoding one resource', () => {
  it('reports bytes that are no message as an error of that resource', () => {
    const { value, errors, unsupported } = decodeCluster({ name: 'c', bytes: new Uint8Array([0x0a, 0xff]) })
    expect(value).toBeUndefined()
    expect(unsupported).toEqual([])
    expect(errors).toMatchObject([{ resource: 'c', path: '', level: 'error' }])
    expect(errors[0]!.message).toContain('envoy.config.cluster.v3.Cluster')
  })

  it('leaves out a route whose action it does not have, and keeps its neighbours', () => {
    const { value, unsupported } = decodeRouteConfiguration(route({ name: 'x', match: { prefix: '/' } }))
    expect(value?.virtualHosts[0]?.routes).toEqual([])
    expect(unsupported).toEqual([
      { resource: 'r', path: 'virtualHosts[0].routes[0]', message: 'has an action that is not supported', level: 'error' },
    ])
  })

  it('names known fields that the model cannot hold, by path and value', () => {
    const { unsupported } = decodeRouteConfiguration(
      route({ match: { prefix: '/' }, route: { cluster: 'c', hashPolicy: [{ header: { headerName: 'a' }, terminal: true }] } }),
    )
    expect(unsupported).toEqual([
      {
        resource: 'r',
        path: 'virtualHosts[0].routes[0].route.hashPolicy[0].terminal',
        message: 'true is not supported',
        level: 'warning',
      },
    ])
  })

  it('names fields that the protocol subset lacks by number, more gravely where they decide a match', () => {
    const grpcOnly = new BinaryWriter().tag(8, WireType.LengthDelimited).bytes(new Uint8Array()).finish()
    const match = new BinaryWriter().tag(1, WireType.LengthDelimited).string('/').raw(grpcOnly).finish()
    const action = new BinaryWriter().tag(1, WireType.LengthDelimited).string('c').finish()
    const one = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(match).tag(2, WireType.LengthDelimited).bytes(action).finish()
    const host = new BinaryWriter()
      .tag(3, WireType.LengthDelimited)
      .bytes(one)
      .tag(12, WireType.LengthDelimited)
      .bytes(new Uint8Array())
      .finish()
    const bytes = new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(host).finish()
    const { unsupported } = decodeRouteConfiguration({ name: 'r', bytes })
    expect(unsupported.map(({ path, message, level }) => [path, message, level])).toEqual([
      ['virtualHosts[0].routes[0].match', 'field 8 of envoy.config.route.v3.RouteMatch is not supported', 'error'],
      ['virtualHosts[0]', 'field 12 of envoy.config.route.v3.VirtualHost is not supported', 'warning'],
    ])
  })

  it('refuses a transport socket of another kind', () => {
    const json = { name: 'c', type: 'STATIC', transportSocket: { name: 'envoy.transport_sockets.alts' } }
    const { unsupported } = decodeCluster({ name: 'c', bytes: toBinary(ClusterSchema, fromJson(ClusterSchema, json)) })
    expect(unsupported).toMatchObject([{ path: 'transportSocket', level: 'error' }])
  })

  it('tells an optional HTTP filter that it lacks from one that is needed, and shows both in JSON with type and bytes', () => {
    const typedConfig = create(AnySchema, { typeUrl: 'type.googleapis.com/example.Filter', value: new Uint8Array([8, 1]) })
    const filters = [true, false].map((isOptional) =>
      toBinary(
        HttpFilterSchema,
        create(HttpFilterSchema, { name: 'f', isOptional, configType: { case: 'typedConfig', value: typedConfig } }),
      ),
    )
    const hcm = new BinaryWriter()
    for (const filter of filters) hcm.tag(5, WireType.LengthDelimited).bytes(filter)
    const bytes = listenerWith(hcm.finish())
    const { unsupported } = decodeListener({ name: 'l', bytes })
    expect(unsupported.map(({ path, level }) => [path, level]).filter(([path]) => path!.includes('httpFilters'))).toEqual([
      ['filterChains[0].filters[0].typedConfig.httpFilters[0]', 'warning'],
      ['filterChains[0].filters[0].typedConfig.httpFilters[1]', 'error'],
    ])
    expect(JSON.stringify(toJson({ typeUrl: typeUrls.listener, bytes }))).toContain(
      '{"@type":"type.googleapis.com/example.Filter","value":"CAE="}',
    )
  })
})

function listenerWith(manager: Uint8Array): Uint8Array {
  const url = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
  const any = new BinaryWriter().tag(1, WireType.LengthDelimited).string(url).tag(2, WireType.LengthDelimited).bytes(manager).finish()
  const filter = new BinaryWriter().tag(4, WireType.LengthDelimited).bytes(any).finish()
  const chain = new BinaryWriter().tag(3, WireType.LengthDelimited).bytes(filter).finish()
  return new BinaryWriter().tag(3, WireType.LengthDelimited).bytes(chain).finish()
}

describe('profile envoy', () => {
  const filters: readonly HttpFilter[] = [
    { kind: 'peer-metadata', side: 'upstream', propagate: true },
    { kind: 'alpn' },
    { kind: 'stats' },
    { kind: 'router' },
  ]
  const listener: Listener = {
    name: 'l',
    address: { address: '0.0.0.0', port: 80 },
    trafficDirection: 'outbound',
    filterChains: [
      {
        tls: { common: { alpnProtocols: ['istio-peer-exchange', 'h2'] }, requireClientCertificate: true },
        filters: [
          { kind: 'metadata-exchange' },
          { kind: 'stats' },
          {
            kind: 'http-connection-manager',
            manager: { statPrefix: 's', routes: { kind: 'rds', routeConfigName: '80' }, httpFilters: filters },
          },
        ],
      },
    ],
  }

  it('leaves out what only Istio proxies know', () => {
    const json = JSON.stringify(toJson(encodeListener(listener, 'envoy')))
    expect(json).not.toContain('istio')
    expect(json).toContain('envoy.filters.http.router')
    expect(json).toContain('"alpnProtocols":["h2"]')
    const cluster = encodeCluster({ name: 'c', type: 'STATIC', metadataExchange: true }, 'envoy')
    expect(toJson(cluster)).not.toHaveProperty('filters')
  })

  it('does not share bytes with profile istio', () => {
    expect(encodeListener(listener, 'envoy').version).not.toBe(encodeListener(listener, 'istio').version)
  })
})
