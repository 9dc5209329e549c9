/** The mesh's trust domain as a user names it, checked by the SPIFFE-ID rules before anything is built on it. */
import { parseSpiffeId } from '@heddle/base'
import type { Flags } from '../command/command.js'
import { usageError } from '../command/parse.js'

export const defaultTrustDomain = 'cluster.local'

/** What `--trust-domain` says, else the mesh's settings, else the default. @throws HEDDLE_CLI_USAGE */
export function trustDomainOf(flags: Flags, setting?: unknown): string {
  const name = flags.string('trust-domain') ?? (typeof setting === 'string' ? setting : defaultTrustDomain)
  return requireTrustDomain(name, `--trust-domain "${name}"`)
}

/** @throws HEDDLE_CLI_USAGE that says so of `what`. */
export function requireTrustDomain(name: string, what: string): string {
  const parsed = parseSpiffeId(`spiffe://${name}`)
  // What follows a slash would be a path, not part of the name.
  if (parsed.ok && parsed.id.trustDomain === name) return name
  throw usageError(`${what} is no trust domain: it has 1 to 255 of the characters a-z 0-9 . _ -`)
}
