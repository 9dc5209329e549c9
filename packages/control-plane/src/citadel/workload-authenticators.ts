/** Everybody who may vouch for a caller of istiod, in the order in which they are asked. */
import type { Clock } from '@heddle/base'
import {
  type Authenticator,
  type Ca,
  createCertificateAuthenticator,
  createJwtAuthenticator,
  createTokenReviewAuthenticator,
  type JoinTokens,
  type TokenReviewSpec,
  type TokenReviewStatus,
} from '@heddle/ca'
import type { ResourceClient } from '@heddle/client'

export interface WorkloadAuthenticatorsOptions {
  readonly client: ResourceClient
  readonly ca: Ca
  readonly joinTokens: JoinTokens
  readonly openId: Authenticator
  readonly trustDomain: string
  readonly audiences: readonly string[]
  /** Whether the API server judges service account tokens (TokenReview); otherwise its published keys do. */
  readonly isReviewing: boolean
  readonly clock: Clock
}

const tokenReviews = { group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews' }

export async function createWorkloadAuthenticators(options: WorkloadAuthenticatorsOptions): Promise<readonly Authenticator[]> {
  const { ca, client, joinTokens, openId, trustDomain, audiences, isReviewing, clock } = options
  const byCertificate = createCertificateAuthenticator(
    { bundle: () => ca.bundle().trustBundle, denyList: () => ca.denied.list() },
    { clock },
  )
  const byAccount = isReviewing
    ? createTokenReviewAuthenticator({ review: (spec, signal) => review(client, spec, signal), audiences, trustDomain }, { clock })
    : createJwtAuthenticator({ ...(await tokenIssuer(client)), audiences, trustDomain }, { clock })
  return [byCertificate, joinTokens, openId, byAccount]
}

async function review(client: ResourceClient, spec: TokenReviewSpec, signal: AbortSignal): Promise<TokenReviewStatus> {
  const question = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { name: '' }, spec }
  const answer = await client.create(tokenReviews, question, signal)
  return (answer['status'] ?? {}) as TokenReviewStatus
}

/** Who signs service account tokens, as the API says itself (OpenID discovery). */
async function tokenIssuer(client: ResourceClient): Promise<{ readonly issuer: string; readonly jwks: () => Promise<{ keys: never[] }> }> {
  const { issuer } = await getJson<{ readonly issuer: string }>(client, '/.well-known/openid-configuration')
  return { issuer, jwks: () => getJson(client, '/openid/v1/jwks') }
}

async function getJson<Answer>(client: ResourceClient, path: string): Promise<Answer> {
  const response = await client.request({ path })
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Answer
}
