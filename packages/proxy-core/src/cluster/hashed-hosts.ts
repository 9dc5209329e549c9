/** The endpoints of a hash policy as Envoy's ring and table see them: the text that is hashed for each, and its share of all weight. */
import type { Endpoint } from '../endpoint/endpoint.js'

export interface HashedHosts {
  readonly keys: readonly string[]
  /** Together 1. */
  readonly weights: readonly number[]
}

export function hashedHosts(endpoints: readonly Endpoint[], weightOf: (endpoint: Endpoint) => number): HashedHosts {
  const weights = endpoints.map(weightOf)
  let total = 0
  for (const weight of weights) total += weight
  return { keys: endpoints.map(keyOf), weights: weights.map((weight) => weight / total) }
}

function keyOf({ config, address, port }: Endpoint): string {
  const named = config.metadata?.['envoy.lb']?.['hash_key']
  if (typeof named === 'string' && named !== '') return named
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
