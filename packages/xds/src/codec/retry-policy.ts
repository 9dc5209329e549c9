/** envoy.config.route.v3.RetryPolicy with the two plug-ins that Istio uses. */
import type { RetryPolicy } from '@heddle/routing'
import { packAny, unpackAny } from '../message/any.js'
import type { RetryPolicy_RetryBackOffJson as RetryBackOffJson, RetryPolicyJson } from '../gen/envoy/config/route/v3/route_pb.js'
import { compact, durationJson, durationMs, int64Json, int64Number, list, unlessDefault } from '../message/json-object.js'
import { extensionUrls } from '../type-url.js'

const previousHosts = { name: 'envoy.retry_host_predicates.previous_hosts', typedConfig: packAny(extensionUrls.previousHosts, {}) }

export function encodeRetryPolicy(policy: RetryPolicy): RetryPolicyJson {
  return compact<RetryPolicyJson>({
    retryOn: unlessDefault(policy.retryOn),
    numRetries: policy.numRetries,
    perTryTimeout: durationJson(policy.perTryTimeoutMs),
    retryPriority: encodePriority(policy),
    retryHostPredicate: policy.previousHosts === true ? [previousHosts] : undefined,
    hostSelectionRetryMaxAttempts: int64Json(unlessDefault(policy.hostSelectionRetryMaxAttempts)),
    retriableStatusCodes: list(policy.retriableStatusCodes, Number),
    retryBackOff: encodeBackOff(policy.backOff),
  })
}

export function decodeRetryPolicy(json: RetryPolicyJson): RetryPolicy {
  return compact<RetryPolicy>({
    retryOn: json.retryOn ?? '',
    numRetries: json.numRetries,
    perTryTimeoutMs: durationMs(json.perTryTimeout),
    retriableStatusCodes: json.retriableStatusCodes,
    previousHosts: json.retryHostPredicate?.some(({ typedConfig }) => unpackAny(extensionUrls.previousHosts, typedConfig) !== undefined),
    hostSelectionRetryMaxAttempts: int64Number(json.hostSelectionRetryMaxAttempts),
    previousPriorities: decodePriority(json),
    backOff: decodeBackOff(json.retryBackOff),
  })
}

function encodePriority(policy: RetryPolicy): RetryPolicyJson['retryPriority'] {
  if (policy.previousPriorities === undefined) return undefined
  const updateFrequency = unlessDefault(policy.previousPriorities.updateFrequency)
  const config = compact<{ updateFrequency?: number }>({ updateFrequency })
  return { name: 'envoy.retry_priorities.previous_priorities', typedConfig: packAny(extensionUrls.previousPriorities, config) }
}

function decodePriority(json: RetryPolicyJson): RetryPolicy['previousPriorities'] {
  const typedConfig = json.retryPriority?.typedConfig
  const config = unpackAny<{ readonly updateFrequency?: number }>(extensionUrls.previousPriorities, typedConfig)
  return config === undefined ? undefined : { updateFrequency: config.updateFrequency ?? 0 }
}

function encodeBackOff(backOff: RetryPolicy['backOff']): RetryBackOffJson | undefined {
  if (backOff === undefined) return undefined
  const intervals = { baseInterval: durationJson(backOff.baseIntervalMs), maxInterval: durationJson(backOff.maxIntervalMs) }
  return compact<RetryBackOffJson>(intervals)
}

function decodeBackOff(json: RetryBackOffJson | undefined): RetryPolicy['backOff'] {
  if (json === undefined) return undefined
  const intervals = { baseIntervalMs: durationMs(json.baseInterval) ?? 0, maxIntervalMs: durationMs(json.maxInterval) }
  return compact<NonNullable<RetryPolicy['backOff']>>(intervals)
}
