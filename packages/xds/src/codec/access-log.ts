/** envoy.config.accesslog.v3 with the file and the gRPC logger. */
import type { AccessLog, FileAccessLog, MetadataStruct } from '@heddle/routing'
import { packAny, typeOf, unpackAny } from '../message/any.js'
import { decodeList, type Decoding } from '../decoding.js'
import type { AccessLogJson } from '../gen/envoy/config/accesslog/v3/accesslog_pb.js'
import type { SubstitutionFormatStringJson } from '../gen/envoy/config/core/v3/core_pb.js'
import type { FileAccessLogJson } from '../gen/envoy/extensions/access_loggers/file/v3/file_pb.js'
import type { CommonGrpcAccessLogConfigJson, HttpGrpcAccessLogConfigJson } from '../gen/envoy/extensions/access_loggers/grpc/v3/grpc_pb.js'
import { compact, list, unlessDefault } from '../message/json-object.js'
import { extensionUrls } from '../type-url.js'
import { sortStruct } from './core.js'

/** Records of requests, or of connections: the gRPC logger has a type for each. */
export type RecordKind = 'http' | 'tcp'

export function encodeAccessLogs(logs: readonly AccessLog[] | undefined, kind: RecordKind): AccessLogJson[] | undefined {
  return list(logs, (log) =>
    compact<AccessLogJson>({
      ...encodeSink(log.sink, kind),
      filter: log.responseFlags === undefined ? undefined : { responseFlagFilter: encodeFlags(log.responseFlags) },
    }),
  )
}

function encodeFlags(flags: readonly string[]): { flags?: string[] } {
  return flags.length === 0 ? {} : { flags: [...flags] }
}

function encodeSink(sink: AccessLog['sink'], kind: RecordKind): AccessLogJson {
  if (sink.kind === 'grpc') {
    const common = compact<CommonGrpcAccessLogConfigJson>({
      logName: unlessDefault(sink.logName),
      grpcService: { envoyGrpc: { clusterName: sink.cluster } },
      transportApiVersion: 'V3',
    })
    return kind === 'http'
      ? { name: 'envoy.access_loggers.http_grpc', typedConfig: packAny(extensionUrls.httpGrpcAccessLog, { commonConfig: common }) }
      : { name: 'envoy.access_loggers.tcp_grpc', typedConfig: packAny(extensionUrls.tcpGrpcAccessLog, { commonConfig: common }) }
  }
  const file = compact<FileAccessLogJson>({ path: unlessDefault(sink.path), logFormat: encodeFormat(sink.format) })
  return { name: 'envoy.access_loggers.file', typedConfig: packAny(extensionUrls.fileAccessLog, file) }
}

function encodeFormat(format: FileAccessLog['format']): SubstitutionFormatStringJson {
  return format.kind === 'text' ? { textFormatSource: { inlineString: format.text } } : { jsonFormat: sortStruct(format.fields) }
}

export function decodeAccessLogs(json: readonly AccessLogJson[] | undefined, decoding: Decoding): readonly AccessLog[] | undefined {
  return decodeList(json, (log) => {
    const sink = decodeSink(log)
    if (sink === undefined) {
      decoding.drop(log, `access log of type ${typeOf(log.typedConfig) ?? '(none)'} is not supported`, 'warning')
      return undefined
    }
    const filter = log.filter?.responseFlagFilter
    return compact<AccessLog>({ sink, responseFlags: filter === undefined ? undefined : (filter.flags ?? []) })
  })
}

function decodeSink(log: AccessLogJson): AccessLog['sink'] | undefined {
  const file = unpackAny<FileAccessLogJson>(extensionUrls.fileAccessLog, log.typedConfig)
  if (file !== undefined) return { kind: 'file', path: file.path ?? '', format: decodeFormat(file.logFormat) }
  const grpc =
    unpackAny<HttpGrpcAccessLogConfigJson>(extensionUrls.httpGrpcAccessLog, log.typedConfig) ??
    unpackAny<HttpGrpcAccessLogConfigJson>(extensionUrls.tcpGrpcAccessLog, log.typedConfig)
  if (grpc === undefined) return undefined
  const { logName = '', grpcService } = grpc.commonConfig ?? {}
  return { kind: 'grpc', logName, cluster: grpcService?.envoyGrpc?.clusterName ?? '' }
}

function decodeFormat(json: SubstitutionFormatStringJson | undefined): FileAccessLog['format'] {
  if (json?.jsonFormat !== undefined) return { kind: 'json', fields: json.jsonFormat as MetadataStruct }
  return { kind: 'text', text: json?.textFormatSource?.inlineString ?? '' }
}
