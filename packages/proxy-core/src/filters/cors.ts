/**
 * Envoy's CORS filter as one route configures it: preflights of allowed origins are answered here, answers to allowed
 * origins get their headers, and everybody else's requests pass untouched. The browser enforces, not the proxy.
 */
import { type CompileRegex, compileStringMatcher, type CorsPolicy, isSampled, type RouteRequest } from '@heddle/routing'
import type { Random } from '@heddle/base'
import type { LocalReply } from '../router/local-reply.js'

export interface CorsRuntime {
  isEnabled(random: Random): boolean
  /** The origin of the request, when it is on the list. */
  allowedOrigin(request: RouteRequest): string | undefined
  /** The answer to a preflight; undefined: it goes on to the upstream. */
  answer(request: RouteRequest, allowed: string | undefined): LocalReply | undefined
  /** What answers to an allowed origin carry besides the origin. */
  readonly responseHeaders: readonly (readonly [name: string, value: string])[]
}

export const allowOrigin = 'access-control-allow-origin'

/** @throws HEDDLE_ROUTING_REGEX_UNAVAILABLE, HEDDLE_ROUTING_REGEX_INVALID */
export function compileCors(policy: CorsPolicy | undefined, compileRegex: CompileRegex | undefined): CorsRuntime | undefined {
  if (policy === undefined) return undefined
  const origins = policy.allowOrigins.map((matcher) => compileStringMatcher(matcher, compileRegex))
  const { allowMethods, allowHeaders, exposeHeaders, maxAge, allowCredentials, filterEnabled } = policy
  const credentials = named('access-control-allow-credentials', allowCredentials === true ? 'true' : undefined)
  const exposed = named('access-control-expose-headers', exposeHeaders)
  const methods = named('access-control-allow-methods', allowMethods)
  const names = named('access-control-allow-headers', allowHeaders)
  const preflight = [...credentials, ...methods, ...names, ...named('access-control-max-age', maxAge), ...exposed]
  return {
    isEnabled: (random) => filterEnabled === undefined || isSampled(filterEnabled, random.next()),
    allowedOrigin(request) {
      const origin = request.header('origin')
      return origin !== undefined && origin !== '' && origins.some((test) => test(origin)) ? origin : undefined
    },
    answer(request, allowed) {
      if (request.method !== 'OPTIONS' || !request.header('access-control-request-method') || !request.header('origin')) return undefined
      if (allowed !== undefined) return preflightReply([[allowOrigin, allowed], ...preflight])
      // Without the origin's name the browser takes it as a refusal.
      return policy.forwardNotMatchingPreflights === false ? preflightReply(preflight) : undefined
    },
    responseHeaders: [...credentials, ...exposed],
  }
}

function named(name: string, value: string | undefined): readonly (readonly [string, string])[] {
  return value === undefined || value === '' ? [] : [[name, value]]
}

function preflightReply(headers: NonNullable<LocalReply['headers']>): LocalReply {
  return { status: 200, body: '', flags: 0, details: 'cors_response', headers, isWhole: true }
}
