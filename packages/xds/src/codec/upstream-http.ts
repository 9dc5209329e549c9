/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions. */
import type { UpstreamHttpOptions } from '@heddle/routing'
import type {
  Http2ProtocolOptionsJson,
  KeepaliveSettingsJson,
  HttpProtocolOptionsJson as CommonOptionsJson,
  UpstreamHttpProtocolOptionsJson,
} from '../gen/envoy/config/core/v3/core_pb.js'
import type { HttpProtocolOptionsJson } from '../gen/envoy/extensions/upstreams/http/v3/http_pb.js'
import { compact, compactOrNone, durationJson, durationMs, unlessDefault } from '../message/json-object.js'

/** The key under which a cluster's extension options hold these. */
export const upstreamHttpKey = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

export function encodeUpstreamHttp(options: UpstreamHttpOptions): HttpProtocolOptionsJson {
  return compact<HttpProtocolOptionsJson>({
    commonHttpProtocolOptions: compactOrNone<CommonOptionsJson>({
      idleTimeout: durationJson(options.idleTimeoutMs),
      maxConnectionDuration: durationJson(options.maxConnectionDurationMs),
      maxRequestsPerConnection: options.maxRequestsPerConnection,
    }),
    upstreamHttpProtocolOptions: compactOrNone<UpstreamHttpProtocolOptionsJson>({
      autoSni: unlessDefault(options.autoSni),
      autoSanValidation: unlessDefault(options.autoSanValidation),
    }),
    ...encodeProtocol(options),
  })
}

function encodeProtocol(options: UpstreamHttpOptions): HttpProtocolOptionsJson {
  const http2ProtocolOptions = compact<Http2ProtocolOptionsJson>({
    maxConcurrentStreams: options.maxConcurrentStreams,
    connectionKeepalive: encodeKeepAlive(options.http2KeepAlive),
  })
  const both = { httpProtocolOptions: {}, http2ProtocolOptions }
  if (options.protocol === undefined) return {}
  switch (options.protocol) {
    case 'http1':
      return { explicitHttpConfig: { httpProtocolOptions: {} } }
    case 'http2':
      return { explicitHttpConfig: { http2ProtocolOptions } }
    case 'use-downstream':
      return { useDownstreamProtocolConfig: both }
    case 'auto':
      return { autoConfig: both }
  }
}

export function decodeUpstreamHttp(json: HttpProtocolOptionsJson | undefined): UpstreamHttpOptions | undefined {
  if (json === undefined) return undefined
  const { explicitHttpConfig: explicit, useDownstreamProtocolConfig: useDownstream, autoConfig: auto } = json
  const http2 = (explicit ?? useDownstream ?? auto)?.http2ProtocolOptions
  return compact<UpstreamHttpOptions>({
    protocol: decodeProtocol(json),
    idleTimeoutMs: durationMs(json.commonHttpProtocolOptions?.idleTimeout),
    maxConnectionDurationMs: durationMs(json.commonHttpProtocolOptions?.maxConnectionDuration),
    maxRequestsPerConnection: json.commonHttpProtocolOptions?.maxRequestsPerConnection,
    maxConcurrentStreams: http2?.maxConcurrentStreams,
    http2KeepAlive: decodeKeepAlive(http2?.connectionKeepalive),
    autoSni: json.upstreamHttpProtocolOptions?.autoSni,
    autoSanValidation: json.upstreamHttpProtocolOptions?.autoSanValidation,
  })
}

function encodeKeepAlive(settings: UpstreamHttpOptions['http2KeepAlive']): KeepaliveSettingsJson | undefined {
  if (settings === undefined) return undefined
  return compact<KeepaliveSettingsJson>({ interval: durationJson(settings.intervalMs), timeout: durationJson(settings.timeoutMs) })
}

function decodeKeepAlive(json: KeepaliveSettingsJson | undefined): UpstreamHttpOptions['http2KeepAlive'] {
  const intervalMs = durationMs(json?.interval)
  return intervalMs === undefined ? undefined : { intervalMs, timeoutMs: durationMs(json?.timeout) ?? intervalMs }
}

function decodeProtocol(json: HttpProtocolOptionsJson): UpstreamHttpOptions['protocol'] {
  if (json.useDownstreamProtocolConfig !== undefined) return 'use-downstream'
  if (json.autoConfig !== undefined) return 'auto'
  if (json.explicitHttpConfig?.http2ProtocolOptions !== undefined) return 'http2'
  return json.explicitHttpConfig === undefined ? undefined : 'http1'
}
