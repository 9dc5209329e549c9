/** Consistent hashing: what of the request is hashed stands on the route, though the DestinationRule asks for it. */
import type { HashPolicy } from '@heddle/routing'
import { policyFor } from '../cluster/traffic-policy.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { durationMs } from '../resources/duration-field.js'
import type { MeshService } from '../snapshot/mesh-service.js'

export function hashPolicy(view: ProxyView, service: MeshService | undefined, subsetName: string, port: number): HashPolicy | undefined {
  if (service === undefined) return undefined
  const rule = view.ruleFor(service)
  const subset = rule?.subsets.find((candidate) => candidate.name === subsetName)
  const hash = policyFor(rule, subset, port).loadBalancer?.consistentHash
  if (hash === undefined) return undefined
  if (hash.httpHeaderName) return { kind: 'header', headerName: hash.httpHeaderName }
  if (hash.httpQueryParameterName) return { kind: 'query-parameter', name: hash.httpQueryParameterName }
  if (hash.useSourceIp === true) return { kind: 'source-ip' }
  if (hash.httpCookie === undefined) return undefined
  const ttlMs = durationMs(hash.httpCookie.ttl)
  const { name, path } = hash.httpCookie
  return { kind: 'cookie', name, ...(path ? { path } : {}), ...(ttlMs === undefined ? {} : { ttlMs }) }
}
