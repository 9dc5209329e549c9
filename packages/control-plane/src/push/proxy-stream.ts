/**
 * One proxy's discovery stream: its subscriptions by type, and what goes out in which order. New clusters and endpoints
 * go before the listeners and routes that use them; what is removed goes after nobody can refer to it any more
 * (make before break).
 */
import { trustTypeUrls, typeUrls, type XdsResource } from '@heddle/xds'
import { limitExceeded } from './limit-exceeded.js'
import { type ProxyResources, resourcesOfType } from './proxy-resources.js'
import {
  createSubscription,
  type Subscription,
  type SubscriptionRequest,
  type SubscriptionResponse,
  type SubscriptionStatus,
} from './subscription.js'

/** Types in the order of a push; others follow in the order they were asked for. */
const pushOrder: readonly string[] = [
  trustTypeUrls.denyList,
  trustTypeUrls.trustBundle,
  typeUrls.cluster,
  typeUrls.endpoint,
  typeUrls.listener,
  typeUrls.routeConfiguration,
  typeUrls.secret,
]
const referrers: readonly string[] = [typeUrls.listener, typeUrls.routeConfiguration]
const referred: readonly string[] = [typeUrls.cluster, typeUrls.endpoint]

export interface ProxyStream {
  /** @throws HEDDLE_CONTROL_PLANE_LIMIT when a proxy asks for more than any proxy needs. */
  receive(typeUrl: string, request: SubscriptionRequest): void
  /** Sends what the proxy lacks of `resources`, as far as nothing is unacknowledged. */
  push(resources: ProxyResources): void
  status(): ReadonlyMap<string, SubscriptionStatus>
}

export type SendResponse = (typeUrl: string, response: SubscriptionResponse<XdsResource>) => void

export interface ProxyStreamHandlers {
  readonly send: SendResponse
  /** Told of every refusal with the proxy's reason. */
  readonly onRefused: (typeUrl: string, reason: string) => void
}

/** Types on one stream. Envoy asks for about ten; more is nothing a proxy does. */
const maxTypes = 32

export function createProxyStream(initial: ProxyResources, { send, onRefused }: ProxyStreamHandlers): ProxyStream {
  const subscriptions = new Map<string, Subscription<XdsResource>>()
  let resources = initial
  let nonces = 0

  const flush = (): void => {
    for (const typeUrl of [...pushOrder, ...[...subscriptions.keys()].filter((type) => !pushOrder.includes(type))]) {
      const response = subscriptions.get(typeUrl)?.respond(resourcesOfType(resources, typeUrl), mayRemove(typeUrl))
      if (response) send(typeUrl, response)
    }
  }

  const mayRemove = (typeUrl: string): boolean => !referred.includes(typeUrl) || referrers.every(isSettled)

  /** A listener or route that was refused may still run in an older version, which refers to the old clusters. */
  const isSettled = (typeUrl: string): boolean => {
    const subscription = subscriptions.get(typeUrl)
    if (!subscription) return true
    return !subscription.isWaiting && !subscription.runsOlder && !subscription.isBehind(resourcesOfType(resources, typeUrl))
  }

  return {
    receive(typeUrl, request) {
      let subscription = subscriptions.get(typeUrl)
      if (!subscription) {
        if (subscriptions.size >= maxTypes) throw limitExceeded(`more than ${maxTypes} resource types`)
        subscription = createSubscription<XdsResource>(() => String(++nonces))
        subscriptions.set(typeUrl, subscription)
      }
      subscription.receive(request)
      if (request.errorMessage !== undefined) onRefused(typeUrl, request.errorMessage)
      flush()
    },
    push(next) {
      resources = next
      flush()
    },
    status: () =>
      new Map([...subscriptions].map(([typeUrl, subscription]) => [typeUrl, subscription.status(resourcesOfType(resources, typeUrl))])),
  }
}
