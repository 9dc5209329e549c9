/** The four lists of header changes that routes and weighted clusters have alike. */
import type { HeaderMutations, HeaderValueOption } from '@heddle/routing'
import type { HeaderValueJson, HeaderValueOptionJson } from '../gen/envoy/config/core/v3/core_pb.js'
import type { RouteJson } from '../gen/envoy/config/route/v3/route_pb.js'
import { compact, compactOrNone, list, unlessDefault } from '../message/json-object.js'

type HeaderFields = Pick<RouteJson, 'requestHeadersToAdd' | 'requestHeadersToRemove' | 'responseHeadersToAdd' | 'responseHeadersToRemove'>

export function encodeHeaderMutations(headers: HeaderMutations | undefined): HeaderFields {
  return compact<HeaderFields>({
    requestHeadersToAdd: list(headers?.requestAdd, encodeOption),
    requestHeadersToRemove: list(headers?.requestRemove, String),
    responseHeadersToAdd: list(headers?.responseAdd, encodeOption),
    responseHeadersToRemove: list(headers?.responseRemove, String),
  })
}

export function decodeHeaderMutations(json: HeaderFields): HeaderMutations | undefined {
  return compactOrNone<HeaderMutations>({
    requestAdd: json.requestHeadersToAdd?.map(decodeOption),
    requestRemove: json.requestHeadersToRemove,
    responseAdd: json.responseHeadersToAdd?.map(decodeOption),
    responseRemove: json.responseHeadersToRemove,
  })
}

function encodeOption(option: HeaderValueOption): HeaderValueOptionJson {
  return compact<HeaderValueOptionJson>({
    header: compact<HeaderValueJson>({ key: unlessDefault(option.key), value: unlessDefault(option.value) }),
    appendAction: option.append === 'APPEND_IF_EXISTS_OR_ADD' ? undefined : option.append,
  })
}

function decodeOption(json: HeaderValueOptionJson): HeaderValueOption {
  return {
    key: json.header?.key ?? '',
    value: json.header?.value ?? '',
    append: json.appendAction ?? 'APPEND_IF_EXISTS_OR_ADD',
  }
}
