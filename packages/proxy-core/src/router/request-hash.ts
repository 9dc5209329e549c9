/** The hash of a request under a route's hash policy (RouteAction.hash_policy): which endpoint a session sticks to. */
import type { HashPolicy } from '@heddle/routing'
import { hashText } from '../message/hash-text.js'
import type { RequestRecord } from '../decision-record.js'

/** @returns undefined when no policy found something to hash. */
export function hashOf(policies: readonly HashPolicy[], record: RequestRecord): number | undefined {
  let hash: number | undefined
  for (const policy of policies) {
    const value = valueOf(policy, record)
    if (value !== undefined) hash = hashText(value, hash === undefined ? 0 : ((hash << 1) | (hash >>> 31)) >>> 0)
  }
  return hash
}

function valueOf(policy: HashPolicy, record: RequestRecord): string | undefined {
  switch (policy.kind) {
    case 'header':
      return record.requestHeader(policy.headerName.toLowerCase())
    case 'source-ip':
      return record.connection.remoteAddress
    case 'cookie':
      return cookieOf(record.requestHeader('cookie') ?? '', policy.name)
    case 'query-parameter':
      return new URLSearchParams(record.path.slice(record.path.indexOf('?') + 1)).get(policy.name) ?? undefined
  }
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}
