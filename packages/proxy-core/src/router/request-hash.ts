/**
 * The hash of a request under a route's hash policy (RouteAction.hash_policy): which endpoint a session sticks to. A cookie
 * with a time to live is made for clients that come without it, from the addresses of their connection.
 */
import type { HashPolicy } from '@heddle/routing'
import { type Hash64, joinHashes, xxHash64 } from '../message/xxhash64.js'
import type { DownstreamConnection } from '../decision-record.js'

/** What a policy reads. */
export interface HashedRequest {
  readonly path: string
  readonly connection: DownstreamConnection
  readonly clientAddress: string
  requestHeader(lowerName: string): string | undefined
  /** Has the answer carry this `set-cookie`. */
  setCookie(text: string): void
}

/** @returns undefined when no policy found something to hash. */
export type RequestHash = (request: HashedRequest) => Hash64 | undefined

export function compileHashPolicies(policies: readonly HashPolicy[] | undefined): RequestHash | undefined {
  if (policies === undefined || policies.length === 0) return undefined
  const readers = policies.map(compile)
  return (request) => {
    let hash: Hash64 | undefined
    for (const read of readers) {
      const value = read(request)
      if (value !== undefined) hash = hash === undefined ? xxHash64(value) : joinHashes(hash, xxHash64(value))
    }
    return hash
  }
}

type Reader = (request: HashedRequest) => string | undefined

function compile(policy: HashPolicy): Reader {
  switch (policy.kind) {
    case 'header': {
      const name = policy.headerName.toLowerCase()
      return (request) => request.requestHeader(name)
    }
    case 'source-ip':
      return ({ clientAddress }) => clientAddress
    case 'cookie':
      return (request) => {
        const value = cookieOf(request.requestHeader('cookie') ?? '', policy.name)
        return value === '' ? newCookie(policy, request) : value
      }
    case 'query-parameter':
      return ({ path }) => queryParameterOf(path, policy.name)
  }
}

/** Empty when there is none. */
function cookieOf(header: string, name: string): string {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals <= 0 || pair.slice(0, equals).trim() !== name) continue
    const value = pair.slice(equals + 1).trim()
    return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  }
  return ''
}

function newCookie(policy: Extract<HashPolicy, { kind: 'cookie' }>, request: HashedRequest): string | undefined {
  if (policy.ttlMs === undefined) return undefined
  const { remoteAddress, remotePort, localAddress, localPort } = request.connection
  const { high, low } = xxHash64(`${remoteAddress}:${remotePort}${localAddress}:${localPort}`)
  const value = [high, low].map((half) => half.toString(16).padStart(8, '0')).join('')
  const seconds = Math.floor(policy.ttlMs / 1000)
  const age = seconds > 0 ? `; Max-Age=${seconds}` : ''
  const path = policy.path ? `; Path=${policy.path}` : ''
  request.setCookie(`${policy.name}="${value}"${age}${path}; HttpOnly`)
  return value
}

function queryParameterOf(path: string, name: string): string | undefined {
  const query = path.indexOf('?')
  if (query < 0) return undefined
  const prefix = `${name}=`
  // As it stands there: Envoy does not decode it either.
  const found = path
    .slice(query + 1)
    .split('&')
    .find((pair) => pair === name || pair.startsWith(prefix))
  return found?.slice(prefix.length)
}
