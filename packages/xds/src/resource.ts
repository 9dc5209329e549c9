/** A resource as xDS carries it: named, versioned by its content, encoded once. */
import { createHash } from 'node:crypto'

/** Which data plane reads the resources: `istio` proxies (and ours) know Istio's extension filters, a stock `envoy` refuses them. */
export type Profile = 'istio' | 'envoy'

export interface XdsResource {
  readonly name: string
  readonly typeUrl: string
  /** Hash of the content: equal content has an equal version, in every process. */
  readonly version: string
  /** The message, encoded; what an Any holds as its value. Never written to. */
  readonly bytes: Uint8Array
}

export interface XdsResources {
  readonly listeners: readonly XdsResource[]
  readonly routeConfigurations: readonly XdsResource[]
  readonly clusters: readonly XdsResource[]
  readonly endpoints: readonly XdsResource[]
}

/** Names and versions encoded bytes. */
export function createResource(typeUrl: string, name: string, bytes: Uint8Array): XdsResource {
  return { name, typeUrl, version: createHash('sha256').update(bytes).digest('hex').slice(0, 16), bytes }
}
