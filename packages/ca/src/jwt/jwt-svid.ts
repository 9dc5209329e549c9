/** Issues JWT-SVIDs (SPIFFE JWT-SVID specification): short lives, named audiences, an id for each, ES256 with a key that signs nothing else. */
import type { Clock, Random } from '@heddle/base'
import { SignJWT } from 'jose'
import type { SigningSource } from '../authority/signing-source.js'
import { caError } from '../ca-error.js'

export interface JwtSvid {
  readonly spiffeId: string
  /** A secret: whoever holds it is believed. */
  readonly token: string
  /** Milliseconds since the Unix epoch. */
  readonly notAfterMs: number
  /** Its `jti`. */
  readonly id: string
  /** The `kid` of the key that signed it. */
  readonly keyId: string
}

export interface JwtSvidRequest {
  readonly spiffeId: string
  /** Whom the token is for: 1 to 16, none empty. */
  readonly audiences: readonly string[]
  /** Default: 5 minutes, as SPIRE. At most an hour. */
  readonly ttlSeconds?: number
}

const defaultTtlSeconds = 300
const maxTtlSeconds = 3600
const maxAudiences = 16
const maxAudienceLength = 1024

/** @throws HeddleError `HEDDLE_CA_JWT_UNAVAILABLE`, `HEDDLE_CA_JWT_INVALID` */
export async function issueJwtSvid(
  { spiffeId, audiences, ttlSeconds = defaultTtlSeconds }: JwtSvidRequest,
  source: SigningSource,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<JwtSvid> {
  const isFit = audiences.length > 0 && audiences.length <= maxAudiences
  if (!isFit || audiences.some((audience) => audience === '' || audience.length > maxAudienceLength))
    throw caError('HEDDLE_CA_JWT_INVALID', `a token has 1 to ${maxAudiences} audiences of 1 to ${maxAudienceLength} characters`, {
      origin: 'downstream',
    })
  const key = source.jwtSigner(clock.now())
  if (!key) {
    throw caError('HEDDLE_CA_JWT_UNAVAILABLE', 'this authority signs below a root of somebody else and has no key for tokens', {
      hint: 'Give it a companion store beside the plugged-in certificates.',
    })
  }
  const id = Buffer.from(random.bytes(16)).toString('base64url')
  const nowSeconds = Math.floor(clock.now() / 1000)
  const asked = Number.isFinite(ttlSeconds) && ttlSeconds >= 1 ? Math.floor(ttlSeconds) : defaultTtlSeconds
  const endSeconds = Math.min(nowSeconds + Math.min(asked, maxTtlSeconds), Math.floor(source.signer().chainNotAfterMs / 1000))
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: key.id, typ: 'JWT' })
    .setSubject(spiffeId)
    .setAudience([...audiences])
    .setIssuedAt(nowSeconds)
    .setExpirationTime(endSeconds)
    .setJti(id)
    .sign(key.key)
  return { spiffeId, token, notAfterMs: endSeconds * 1000, id, keyId: key.id }
}
