/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager. */
import type { ClientCertDetails, HttpConnectionManager } from '@heddle/routing'
import { packAny } from '../message/any.js'
import { decodeList, type Decoding } from '../decoding.js'
import type { Http1ProtocolOptionsJson, Http2ProtocolOptionsJson, HttpProtocolOptionsJson } from '../gen/envoy/config/core/v3/core_pb.js'
import type {
  HttpConnectionManager_SetCurrentClientCertDetailsJson as CertDetailsJson,
  HttpConnectionManagerJson,
  RdsJson,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { compact, compactOrNone, durationJson, durationMs, list, unlessDefault } from '../message/json-object.js'
import type { Profile } from '../resource.js'
import { extensionUrls } from '../type-url.js'
import { decodeAccessLogs, encodeAccessLogs } from './access-log.js'
import { adsConfigSource } from './core.js'
import { decodeHttpFilter, encodeHttpFilters } from './http-filter.js'
import { decodeRouteConfiguration, encodeRouteConfiguration } from './route.js'
import { decodeTracing, encodeTracing } from './tracing.js'

const requestIdExtension = { typedConfig: packAny(extensionUrls.uuidRequestId, { useRequestIdForTraceSampling: true }) }

export function encodeHttpConnectionManager(manager: HttpConnectionManager, profile: Profile): HttpConnectionManagerJson {
  return compact<HttpConnectionManagerJson>({
    codecType: manager.codecType === 'AUTO' ? undefined : manager.codecType,
    statPrefix: unlessDefault(manager.statPrefix),
    ...encodeRoutes(manager.routes),
    httpFilters: list(encodeHttpFilters(manager.httpFilters, profile), (filter) => filter),
    tracing: manager.tracing === undefined ? undefined : encodeTracing(manager.tracing),
    commonHttpProtocolOptions: compactOrNone<HttpProtocolOptionsJson>({
      idleTimeout: durationJson(manager.idleTimeoutMs),
      maxConnectionDuration: durationJson(manager.maxConnectionDurationMs),
      maxRequestsPerConnection: manager.maxRequestsPerConnection,
    }),
    httpProtocolOptions: encodeHttp1(manager.httpProtocolOptions),
    http2ProtocolOptions:
      manager.http2ProtocolOptions === undefined ? undefined : compact<Http2ProtocolOptionsJson>(manager.http2ProtocolOptions),
    serverName: unlessDefault(manager.serverName),
    serverHeaderTransformation: manager.serverHeaderTransformation,
    streamIdleTimeout: durationJson(manager.streamIdleTimeoutMs),
    requestTimeout: durationJson(manager.requestTimeoutMs),
    accessLog: encodeAccessLogs(manager.accessLog, 'http'),
    useRemoteAddress: manager.useRemoteAddress,
    xffNumTrustedHops: unlessDefault(manager.xffNumTrustedHops),
    forwardClientCertDetails: manager.forwardClientCertDetails,
    setCurrentClientCertDetails: encodeCertDetails(manager.setCurrentClientCertDetails),
    proxy100Continue: unlessDefault(manager.proxy100Continue),
    upgradeConfigs: list(manager.upgradeTypes, (upgradeType) => ({ upgradeType })),
    normalizePath: manager.normalizePath,
    mergeSlashes: unlessDefault(manager.mergeSlashes),
    pathWithEscapedSlashesAction: manager.pathWithEscapedSlashesAction,
    requestIdExtension,
  })
}

export function decodeHttpConnectionManager(json: HttpConnectionManagerJson, decoding: Decoding): HttpConnectionManager {
  return compact<HttpConnectionManager>({
    codecType: json.codecType === 'HTTP1' || json.codecType === 'HTTP2' ? json.codecType : undefined,
    statPrefix: json.statPrefix ?? '',
    routes: decodeRoutes(json, decoding),
    httpFilters: decodeList(json.httpFilters, (filter) => decodeHttpFilter(filter, decoding)) ?? [],
    accessLog: decodeAccessLogs(json.accessLog, decoding),
    ...decodeIdentity(json),
    tracing: json.tracing === undefined ? undefined : decodeTracing(json.tracing, decoding),
    upgradeTypes: json.upgradeConfigs?.map(({ upgradeType }) => upgradeType ?? ''),
    streamIdleTimeoutMs: durationMs(json.streamIdleTimeout),
    requestTimeoutMs: durationMs(json.requestTimeout),
    ...decodeCommon(json.commonHttpProtocolOptions),
    httpProtocolOptions: decodeHttp1(json.httpProtocolOptions),
    http2ProtocolOptions: decodeHttp2(json.http2ProtocolOptions),
    normalizePath: json.normalizePath,
    mergeSlashes: json.mergeSlashes,
    pathWithEscapedSlashesAction: decodeEscapedSlashes(json),
    proxy100Continue: json.proxy100Continue,
  })
}

type Identity = Pick<
  HttpConnectionManager,
  | 'useRemoteAddress'
  | 'xffNumTrustedHops'
  | 'forwardClientCertDetails'
  | 'setCurrentClientCertDetails'
  | 'serverName'
  | 'serverHeaderTransformation'
>

function decodeIdentity(json: HttpConnectionManagerJson): Identity {
  return compact<Identity>({
    useRemoteAddress: json.useRemoteAddress,
    xffNumTrustedHops: json.xffNumTrustedHops,
    forwardClientCertDetails: json.forwardClientCertDetails,
    setCurrentClientCertDetails: decodeCertDetails(json.setCurrentClientCertDetails),
    serverName: json.serverName,
    serverHeaderTransformation: json.serverHeaderTransformation,
  })
}

type Routes = HttpConnectionManager['routes']

function encodeRoutes(routes: Routes): HttpConnectionManagerJson {
  if (routes.kind === 'inline') return { routeConfig: encodeRouteConfiguration(routes.routeConfiguration) }
  const rds = { configSource: adsConfigSource, routeConfigName: unlessDefault(routes.routeConfigName) }
  return { rds: compact<RdsJson>(rds) }
}

function decodeRoutes(json: HttpConnectionManagerJson, decoding: Decoding): Routes {
  if (json.rds !== undefined) return { kind: 'rds', routeConfigName: json.rds.routeConfigName ?? '' }
  return { kind: 'inline', routeConfiguration: decodeRouteConfiguration(json.routeConfig ?? {}, decoding) }
}

type CommonOptions = Pick<HttpConnectionManager, 'idleTimeoutMs' | 'maxConnectionDurationMs' | 'maxRequestsPerConnection'>

function decodeCommon(json: HttpProtocolOptionsJson | undefined): CommonOptions {
  return compact<CommonOptions>({
    idleTimeoutMs: durationMs(json?.idleTimeout),
    maxConnectionDurationMs: durationMs(json?.maxConnectionDuration),
    maxRequestsPerConnection: json?.maxRequestsPerConnection,
  })
}

function encodeHttp1(options: HttpConnectionManager['httpProtocolOptions']): Http1ProtocolOptionsJson | undefined {
  if (options === undefined) return undefined
  return compact<Http1ProtocolOptionsJson>({
    acceptHttp10: unlessDefault(options.acceptHttp10),
    defaultHostForHttp10: unlessDefault(options.defaultHostForHttp10),
  })
}

function decodeHttp1(json: Http1ProtocolOptionsJson | undefined): HttpConnectionManager['httpProtocolOptions'] {
  if (json === undefined) return undefined
  const { acceptHttp10, defaultHostForHttp10 } = json
  return compact<NonNullable<HttpConnectionManager['httpProtocolOptions']>>({ acceptHttp10, defaultHostForHttp10 })
}

function decodeHttp2(json: Http2ProtocolOptionsJson | undefined): HttpConnectionManager['http2ProtocolOptions'] {
  if (json === undefined) return undefined
  return json.maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams: json.maxConcurrentStreams }
}

function encodeCertDetails(details: ClientCertDetails | undefined): CertDetailsJson | undefined {
  if (details === undefined) return undefined
  return compact<CertDetailsJson>({
    subject: details.subject,
    cert: unlessDefault(details.cert),
    dns: unlessDefault(details.dns),
    uri: unlessDefault(details.uri),
  })
}

function decodeCertDetails(json: CertDetailsJson | undefined): ClientCertDetails | undefined {
  if (json === undefined) return undefined
  return compact<ClientCertDetails>({ subject: json.subject, uri: json.uri, dns: json.dns, cert: json.cert })
}

function decodeEscapedSlashes(json: HttpConnectionManagerJson): HttpConnectionManager['pathWithEscapedSlashesAction'] {
  const action = json.pathWithEscapedSlashesAction
  return action === 'IMPLEMENTATION_SPECIFIC_DEFAULT' ? undefined : action
}
