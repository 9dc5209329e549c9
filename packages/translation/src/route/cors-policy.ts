/** VirtualService corsPolicy -> Envoy's CORS filter, per route. */
import type { CorsPolicy } from '@heddle/routing'
import { durationMs } from '../resources/duration-field.js'
import type { CorsPolicySpec } from '../resources/virtual-service.js'
import { stringMatcher } from './route-match.js'

export function corsPolicy(spec: CorsPolicySpec): CorsPolicy {
  const legacy = (spec.allowOrigin ?? []).map((exact) => ({ exact }))
  const origins = spec.allowOrigins ?? legacy
  const maxAgeMs = durationMs(spec.maxAge)
  return {
    allowOrigins: origins.map(stringMatcher).filter((matcher) => matcher !== undefined),
    ...joined('allowMethods', spec.allowMethods),
    ...joined('allowHeaders', spec.allowHeaders),
    ...joined('exposeHeaders', spec.exposeHeaders),
    ...(maxAgeMs === undefined ? {} : { maxAge: String(Math.trunc(maxAgeMs / 1000)) }),
    ...(typeof spec.allowCredentials !== 'boolean' ? {} : { allowCredentials: spec.allowCredentials }),
    forwardNotMatchingPreflights: spec.unmatchedPreflights !== 'IGNORE',
    filterEnabled: { numerator: 100, denominator: 'HUNDRED' },
  }
}

function joined<K extends string>(key: K, values: readonly string[] | undefined): { readonly [P in K]?: string } {
  return values?.length ? ({ [key]: values.join(',') } as { readonly [P in K]?: string }) : {}
}
