/** envoy.extensions.transport_sockets.tls.v3: contexts with secrets by name, and the transport sockets that carry them. */
import type { CertificateValidation, CommonTlsContext, DownstreamTlsContext, SecretReference } from '@heddle/routing'
import type { StringMatcher, TlsVersion, UpstreamTlsContext, UpstreamTransportSocket } from '@heddle/routing'
import { packAny, unpackAny } from '../message/any.js'
import { decodeList, type Decoding } from '../decoding.js'
import type { ConfigSourceJson, TransportSocketJson } from '../gen/envoy/config/core/v3/core_pb.js'
import type {
  CommonTlsContext_CombinedCertificateValidationContextJson as CombinedValidationJson,
  CommonTlsContextJson,
  DownstreamTlsContextJson,
  SdsSecretConfigJson,
  TlsParametersJson,
  UpstreamTlsContextJson,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import type { ProxyProtocolUpstreamTransportJson } from '../gen/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.js'
import { compact, compactOrNone, list, oneOf, unlessDefault } from '../message/json-object.js'
import type { Profile } from '../resource.js'
import { extensionUrls } from '../type-url.js'
import { decodeStringMatcher, encodeStringMatcher } from './matcher.js'

const tlsSocket = 'envoy.transport_sockets.tls'
/** Istio's protocol for metadata between TCP proxies; a stock Envoy that selected it would break the connection. */
const peerExchangeAlpn = 'istio-peer-exchange'
const tlsVersions: readonly TlsVersion[] = ['TLSv1_0', 'TLSv1_1', 'TLSv1_2', 'TLSv1_3']

export function encodeUpstreamTransportSocket(socket: UpstreamTransportSocket, profile: Profile): TransportSocketJson {
  const inner = encodeInnerSocket(socket, profile)
  if (socket.proxyProtocol === undefined) return inner
  const config = compact<ProxyProtocolUpstreamTransportJson['config'] & object>({ version: unlessFirst(socket.proxyProtocol) })
  const wrapped: ProxyProtocolUpstreamTransportJson = { config, transportSocket: inner }
  return { name: 'envoy.transport_sockets.upstream_proxy_protocol', typedConfig: packAny(extensionUrls.upstreamProxyProtocol, wrapped) }
}

/** The enum's first value is what an absent one means. */
function unlessFirst(version: 'V1' | 'V2'): 'V2' | undefined {
  return version === 'V1' ? undefined : version
}

function encodeInnerSocket(socket: UpstreamTransportSocket, profile: Profile): TransportSocketJson {
  if (socket.kind === 'raw-buffer') {
    return { name: 'envoy.transport_sockets.raw_buffer', typedConfig: packAny(extensionUrls.rawBuffer, {}) }
  }
  const context = compact<UpstreamTlsContextJson>({
    commonTlsContext: encodeCommon(socket.tls.common, profile),
    sni: unlessDefault(socket.tls.sni),
  })
  return { name: tlsSocket, typedConfig: packAny(extensionUrls.upstreamTls, context) }
}

export function decodeUpstreamTransportSocket(json: TransportSocketJson, decoding: Decoding): UpstreamTransportSocket | undefined {
  if (unpackAny(extensionUrls.rawBuffer, json.typedConfig) !== undefined) return { kind: 'raw-buffer' }
  const wrapped = unpackAny<ProxyProtocolUpstreamTransportJson>(extensionUrls.upstreamProxyProtocol, json.typedConfig)
  if (wrapped !== undefined) {
    const inner = decodeUpstreamTransportSocket(wrapped.transportSocket ?? {}, decoding)
    return inner && { ...inner, proxyProtocol: wrapped.config?.version === 'V2' ? 'V2' : 'V1' }
  }
  const context = unpackAny<UpstreamTlsContextJson>(extensionUrls.upstreamTls, json.typedConfig)
  if (context !== undefined) {
    const common = decodeCommon(context.commonTlsContext, decoding)
    return { kind: 'tls', tls: compact<UpstreamTlsContext>({ common, sni: context.sni }) }
  }
  decoding.drop(json, `transport socket "${json.name ?? ''}" is not supported`)
  return undefined
}

export function encodeDownstreamTls(context: DownstreamTlsContext | undefined, profile: Profile): TransportSocketJson | undefined {
  if (context === undefined) return undefined
  const tls: DownstreamTlsContextJson = {
    commonTlsContext: encodeCommon(context.common, profile),
    requireClientCertificate: context.requireClientCertificate,
  }
  return { name: tlsSocket, typedConfig: packAny(extensionUrls.downstreamTls, tls) }
}

export function decodeDownstreamTls(json: TransportSocketJson | undefined, decoding: Decoding): DownstreamTlsContext | undefined {
  if (json === undefined || unpackAny(extensionUrls.rawBuffer, json.typedConfig) !== undefined) return undefined
  const context = unpackAny<DownstreamTlsContextJson>(extensionUrls.downstreamTls, json.typedConfig)
  if (context === undefined) {
    decoding.drop(json, `transport socket "${json.name ?? ''}" is not supported`)
    return undefined
  }
  return {
    common: decodeCommon(context.commonTlsContext, decoding),
    requireClientCertificate: context.requireClientCertificate ?? false,
  }
}

function encodeCommon(common: CommonTlsContext, profile: Profile): CommonTlsContextJson {
  const alpn = common.alpnProtocols?.filter((name) => profile === 'istio' || name !== peerExchangeAlpn)
  return compact<CommonTlsContextJson>({
    tlsParams: compactOrNone<TlsParametersJson>({
      tlsMinimumProtocolVersion: common.minVersion,
      tlsMaximumProtocolVersion: common.maxVersion,
      cipherSuites: list(common.cipherSuites, String),
    }),
    tlsCertificateSdsSecretConfigs: list(common.certificates, encodeSecretReference),
    combinedValidationContext: common.validation === undefined ? undefined : encodeValidation(common.validation),
    alpnProtocols: list(alpn, String),
  })
}

function decodeCommon(json: CommonTlsContextJson | undefined, decoding: Decoding): CommonTlsContext {
  const combined = json?.combinedValidationContext
  return compact<CommonTlsContext>({
    alpnProtocols: json?.alpnProtocols,
    minVersion: oneOf(tlsVersions, json?.tlsParams?.tlsMinimumProtocolVersion),
    maxVersion: oneOf(tlsVersions, json?.tlsParams?.tlsMaximumProtocolVersion),
    cipherSuites: json?.tlsParams?.cipherSuites,
    certificates: json?.tlsCertificateSdsSecretConfigs?.map(decodeSecretReference),
    validation: combined === undefined ? undefined : decodeValidation(combined, decoding),
  })
}

function encodeValidation(validation: CertificateValidation): CombinedValidationJson {
  const names = list(validation.matchSubjectAltNames, encodeStringMatcher)
  return {
    defaultValidationContext: names === undefined ? {} : { matchSubjectAltNames: names },
    validationContextSdsSecretConfig: encodeSecretReference(validation.roots),
  }
}

function decodeValidation(json: CombinedValidationJson, decoding: Decoding): CertificateValidation {
  return compact<CertificateValidation>({
    roots: decodeSecretReference(json.validationContextSdsSecretConfig ?? {}),
    matchSubjectAltNames: decodeList<object, StringMatcher>(json.defaultValidationContext?.matchSubjectAltNames, (matcher) =>
      decodeStringMatcher(matcher, decoding),
    ),
  })
}

/** The workload's own agent serves secrets on a cluster of this name. */
const agentConfigSource: ConfigSourceJson = {
  apiConfigSource: {
    apiType: 'GRPC',
    grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }],
    setNodeOnFirstMessageOnly: true,
    transportApiVersion: 'V3',
  },
  resourceApiVersion: 'V3',
}

/** Istio waits without limit for the workload's own identity only. */
const identitySecrets: ReadonlySet<string> = new Set(['default', 'ROOTCA'])

function encodeSecretReference(secret: SecretReference): SdsSecretConfigJson {
  return compact<SdsSecretConfigJson>({ name: unlessDefault(secret.name), sdsConfig: sdsConfig(secret) })
}

function sdsConfig(secret: SecretReference): ConfigSourceJson {
  if (secret.source === 'ads') return { ads: {}, resourceApiVersion: 'V3' }
  return identitySecrets.has(secret.name) ? { ...agentConfigSource, initialFetchTimeout: '0s' } : agentConfigSource
}

function decodeSecretReference(json: SdsSecretConfigJson): SecretReference {
  return { name: json.name ?? '', source: json.sdsConfig?.ads === undefined ? 'agent' : 'ads' }
}
