/** The tracing part of the connection manager: sampling and span tags. */
import type { CustomTag, Tracing } from '@heddle/routing'
import { decodeList, type Decoding } from '../decoding.js'
import type { HttpConnectionManager_TracingJson as TracingJson } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import type { MetadataKeyJson } from '../gen/envoy/type/metadata/v3/metadata_pb.js'
import type { CustomTagJson } from '../gen/envoy/type/tracing/v3/tracing_pb.js'
import type { PercentJson } from '../gen/envoy/type/v3/type_pb.js'
import { compact, list, unlessDefault } from '../message/json-object.js'

export function encodeTracing(tracing: Tracing): TracingJson {
  return compact<TracingJson>({
    clientSampling: encodePercent(tracing.clientSampling),
    randomSampling: encodePercent(tracing.randomSampling),
    overallSampling: encodePercent(tracing.overallSampling),
    customTags: list(tracing.customTags, encodeTag),
  })
}

export function decodeTracing(json: TracingJson, decoding: Decoding): Tracing {
  return {
    clientSampling: decodePercent(json.clientSampling),
    randomSampling: decodePercent(json.randomSampling),
    overallSampling: decodePercent(json.overallSampling),
    customTags: decodeList(json.customTags, (tag) => decodeTag(tag, decoding)) ?? [],
  }
}

function encodePercent(percent: number): PercentJson {
  return percent === 0 ? {} : { value: percent }
}

/** Absent means everything (Envoy's default). */
function decodePercent(json: PercentJson | undefined): number {
  return json === undefined ? 100 : Number(json.value ?? 0)
}

function encodeTag(tag: CustomTag): CustomTagJson {
  if (tag.kind === 'literal') return { tag: tag.tag, literal: tag.value === '' ? {} : { value: tag.value } }
  const key = compact<MetadataKeyJson>({ key: unlessDefault(tag.filter), path: list(tag.path, (segment) => ({ key: segment })) })
  return { tag: tag.tag, metadata: { kind: { request: {} }, metadataKey: key } }
}

function decodeTag(json: CustomTagJson, decoding: Decoding): CustomTag | undefined {
  const { tag = '', literal, metadata } = json
  if (literal !== undefined) return { kind: 'literal', tag, value: literal.value ?? '' }
  if (metadata?.kind?.request !== undefined) {
    const path = (metadata.metadataKey?.path ?? []).map(({ key }) => key ?? '')
    return { kind: 'request-metadata', tag, filter: metadata.metadataKey?.key ?? '', path }
  }
  decoding.drop(json, `span tag "${tag}" has a source that is not supported`, 'warning')
  return undefined
}
