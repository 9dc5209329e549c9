/**
 * OpenID issuers whose tokens are credentials for certificates: Istio's JWTRule (`issuer`, `audiences`, `jwksUri`, `jwks`), in `JWT_RULE` of
 * istiod's environment and live in the ConfigMap `heddle-ca`. The issuer that a token names picks the rule; a token of no such issuer is
 * somebody else's matter.
 */
import { type Clock, HeddleError } from '@heddle/base'
import { accountOfSubject, type Authenticator, createJwtAuthenticator, type JwtAuthenticatorOptions } from '@heddle/ca'
import { fetchHttpsDocument } from './https-document.js'

type Jwks = Exclude<JwtAuthenticatorOptions['jwks'], () => unknown>

export interface JwtRule {
  /** The `iss` of its tokens. */
  readonly issuer: string
  /** Default: `istio-ca`. */
  readonly audiences?: readonly string[]
  /** `https:`. Default: what the issuer's OpenID discovery says. */
  readonly jwksUri?: string
  /** The keys themselves, as JSON. */
  readonly jwks?: string
  /** PEM of the authorities that vouch for the issuer's server. Default: the web's. */
  readonly caCertificates?: string
}

const maxJwtRules = 32

/** One rule or a list of them. @throws HEDDLE_CONTROL_PLANE_JWT_RULE */
export function readJwtRules(text: string | undefined): readonly JwtRule[] {
  if (text === undefined || text.trim() === '') return []
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid('they are not JSON', cause)
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > maxJwtRules) throw invalid(`there are more than ${maxJwtRules}`)
  return list.map(readRule)
}

function readRule(value: unknown): JwtRule {
  if (typeof value !== 'object' || value === null) throw invalid('a rule is not an object')
  const { issuer, audiences, jwksUri, jwks, caCertificates } = value as Readonly<Record<string, unknown>>
  if (typeof issuer !== 'string' || issuer === '') throw invalid('a rule has no issuer')
  if (audiences !== undefined && !(isList(audiences) && audiences.length > 0))
    throw invalid(`the audiences of "${issuer}" are no list of names`)
  for (const text of [jwksUri, jwks, caCertificates])
    if (text !== undefined && typeof text !== 'string') throw invalid(`a field of "${issuer}" is no text`)
  const rule = value as JwtRule
  checkKeys(rule)
  return rule
}

function checkKeys({ issuer, jwks, jwksUri = jwks === undefined ? issuer : undefined }: JwtRule): void {
  if (jwksUri?.startsWith('https://') === false) throw invalid(`the keys of "${issuer}" are not to be had over https:`)
  if (jwks !== undefined) readJwks(issuer, jwks)
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')
}

export interface JwtRuleAuthenticator extends Authenticator {
  /** Puts other rules in force; what is known of unchanged ones stays. */
  replace(rules: readonly JwtRule[]): void
}

export function createJwtRuleAuthenticator(trustDomain: string, { clock }: { readonly clock: Clock }): JwtRuleAuthenticator {
  let byIssuer = new Map<string, { readonly text: string; readonly authenticator: Authenticator }>()
  const open = (rule: JwtRule): Authenticator =>
    createJwtAuthenticator(
      {
        name: `token of ${rule.issuer}`,
        issuer: rule.issuer,
        audiences: rule.audiences ?? ['istio-ca'],
        jwks: keysOf(rule),
        trustDomain,
        mapClaims: (claims) => accountOfSubject(claims, trustDomain),
      },
      { clock },
    )
  return {
    name: 'OpenID token',
    replace(rules) {
      const next: typeof byIssuer = new Map()
      for (const rule of rules) {
        const text = JSON.stringify(rule)
        const known = byIssuer.get(rule.issuer)
        next.set(rule.issuer, known?.text === text ? known : { text, authenticator: open(rule) })
      }
      byIssuer = next
    },
    authenticate(credentials) {
      const rule = byIssuer.get(issuerOf(credentials.token) ?? '')
      return rule ? rule.authenticator.authenticate(credentials) : Promise.resolve({ kind: 'absent' })
    },
  }
}

/** As the token says itself, unverified: it only picks who judges. */
function issuerOf(token: string | undefined): string | undefined {
  const payload = token?.split('.')[1]
  if (payload === undefined || payload.length > 16_384) return undefined
  try {
    const { iss } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { readonly iss?: unknown }
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}

function keysOf({ issuer, jwks, jwksUri, caCertificates }: JwtRule): JwtAuthenticatorOptions['jwks'] {
  if (jwks !== undefined) return readJwks(issuer, jwks)
  const tls = caCertificates === undefined ? {} : { ca: caCertificates }
  return async () => {
    const address = jwksUri ?? (await discoverJwksUri(issuer, tls))
    return readJwks(issuer, await fetchHttpsDocument(address, tls))
  }
}

/** OpenID Connect Discovery 1.0, section 4: the document must be the issuer's own. */
async function discoverJwksUri(issuer: string, tls: { readonly ca?: string }): Promise<string> {
  const text = await fetchHttpsDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, tls)
  const document = JSON.parse(text) as { readonly issuer?: unknown; readonly jwks_uri?: unknown }
  if (document.issuer !== issuer || typeof document.jwks_uri !== 'string')
    throw invalid(`what "${issuer}" says of itself is of somebody else`)
  return document.jwks_uri
}

function readJwks(issuer: string, text: string): Jwks {
  try {
    const value = JSON.parse(text) as Partial<Jwks> | null
    if (Array.isArray(value?.keys)) return value as Jwks
  } catch {
    // Said below; the text itself is not quoted.
  }
  throw invalid(`the keys of "${issuer}" are no JSON Web Key Set`)
}

function invalid(reason: string, cause?: unknown): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CONTROL_PLANE_JWT_RULE',
    message: `the rules for OpenID tokens cannot be used: ${reason}`,
    hint: 'A rule is {"issuer": "https://...", "audiences": ["istio-ca"], "jwksUri": "https://..."}.',
    origin: 'user',
    cause,
  })
}
