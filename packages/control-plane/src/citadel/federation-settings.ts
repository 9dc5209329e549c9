/** Other trust domains as the key `federation` of the ConfigMap `heddle-ca` lists them; `heddle ca bundle set` writes it. */
import { HeddleError, parseSpiffeId } from '@heddle/base'
import { type FederatedDomain, parseSpiffeBundle } from '@heddle/ca'

export interface FederationEntry {
  readonly trustDomain: string
  /** `https:`; absent: `bundle` is all there is. */
  readonly url?: string
  /** The SPIFFE id that the endpoint must show (profile `https_spiffe`). Default: `https_web`, the web's authorities vouch for it. */
  readonly endpointId?: string
  /** A SPIFFE trust bundle to begin with; needed without a URL and with an endpoint id. */
  readonly bundle?: string
  /** PEM of the authorities that vouch for a `https_web` endpoint in place of the web's. */
  readonly caCertificates?: string
}

const maxFederatedDomains = 64

/** @throws HEDDLE_CONTROL_PLANE_FEDERATION */
export function readFederation(text: string | undefined, ownTrustDomain: string): readonly FederationEntry[] {
  if (text === undefined || text.trim() === '') return []
  const list = parse(text)
  if (list.length > maxFederatedDomains) throw invalid(`there are more than ${maxFederatedDomains} trust domains`)
  const seen = new Set([ownTrustDomain])
  return list.map((value) => {
    const entry = readEntry(value)
    if (seen.has(entry.trustDomain)) throw invalid(`"${entry.trustDomain}" is listed twice, or is the mesh's own`)
    seen.add(entry.trustDomain)
    return entry
  })
}

function parse(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value as readonly unknown[]
  } catch {
    // Said below.
  }
  throw invalid('it is no JSON list')
}

function readEntry(value: unknown): FederationEntry {
  if (typeof value !== 'object' || value === null) throw invalid('an entry is not an object')
  const fields = value as Readonly<Record<string, unknown>>
  for (const name of ['trustDomain', 'url', 'endpointId', 'bundle', 'caCertificates'])
    if (fields[name] !== undefined && typeof fields[name] !== 'string') throw invalid(`"${name}" is no text`)
  const entry = value as FederationEntry
  const name = parseSpiffeId(`spiffe://${entry.trustDomain}`)
  if (!name.ok || name.id.path !== '') throw invalid(`"${entry.trustDomain}" is no trust domain`)
  checkBundle(entry)
  return entry
}

function checkBundle({ trustDomain, url, endpointId, bundle }: FederationEntry): void {
  if (bundle === undefined && (url === undefined || endpointId !== undefined))
    throw invalid(`"${trustDomain}" needs a first bundle: without it nothing proves who answers`)
  const parsed = bundle === undefined ? undefined : parseSpiffeBundle(bundle)
  if (parsed?.ok === false) throw invalid(`the bundle of "${trustDomain}": ${parsed.reason}`)
  if (url !== undefined && !(URL.canParse(url) && new URL(url).protocol === 'https:'))
    throw invalid(`the address of "${trustDomain}" is not https:`)
  if (endpointId !== undefined && !parseSpiffeId(endpointId).ok) throw invalid(`the endpoint of "${trustDomain}" has no SPIFFE id`)
}

/** Of an entry with a URL. @param lastBundle the last good one, in place of the first */
export function domainOf({ trustDomain, url = '', endpointId, bundle }: FederationEntry, lastBundle: string | undefined): FederatedDomain {
  const firstBundle = lastBundle ?? bundle
  return endpointId === undefined
    ? { trustDomain, url, profile: { kind: 'https_web', ...(firstBundle !== undefined && { firstBundle }) } }
    : { trustDomain, url, profile: { kind: 'https_spiffe', endpointId, firstBundle: firstBundle ?? '' } }
}

function invalid(reason: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CONTROL_PLANE_FEDERATION',
    message: `the federated trust domains cannot be used: ${reason}`,
    hint: 'See "heddle ca bundle set --help".',
    origin: 'user',
  })
}
