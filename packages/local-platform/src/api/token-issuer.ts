/**
 * Service account tokens as Kubernetes issues them (TokenRequest, KEP-1205): ES256 JWTs with the `kubernetes.io` claim, bound
 * to a Pod where asked. A token dies with its account or Pod: verification looks both up again.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import type { Clock } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client'
import { calculateJwkThumbprint, exportJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import { fieldsOf, textOf } from '../json-fields.js'

export interface TokenOrder {
  readonly account: KubernetesObject
  readonly pod?: KubernetesObject | undefined
  /** Empty means the API's own audience. */
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
}

export interface IssuedToken {
  readonly token: string
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
  readonly expiresAtMs: number
}

export interface VerifiedToken {
  readonly namespace: string
  readonly serviceAccount: string
  readonly audiences: readonly string[]
  readonly user: { readonly username: string; readonly uid: string; readonly groups: readonly string[] }
}

export interface TokenIssuer {
  readonly issuer: string
  issue(order: TokenOrder): Promise<IssuedToken>
  /** @param audiences one of them must be the token's; default the API's own. */
  verify(token: string, audiences?: readonly string[]): Promise<VerifiedToken | undefined>
  /** The public keys, as served at /openid/v1/jwks. */
  keys(): Promise<{ readonly keys: readonly JWK[] }>
}

export const tokenIssuerName = 'https://kubernetes.default.svc.cluster.local'
const minSeconds = 600
const maxSeconds = 365 * 24 * 3600

export interface TokenIssuerOptions {
  /** PKCS #8 PEM of the signing key (P-256). */
  readonly signingKey: string
  readonly findAccount: (namespace: string, name: string) => KubernetesObject | undefined
  readonly findPod: (namespace: string, name: string) => KubernetesObject | undefined
}

export function newTokenSigningKey(): string {
  return String(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }))
}

export function createTokenIssuer(options: TokenIssuerOptions, { clock }: { readonly clock: Clock }): TokenIssuer {
  const privateKey = createPrivateKey(options.signingKey)
  const publicKey = createPublicKey(privateKey)
  const jwk = describeKey(publicKey)
  return {
    issuer: tokenIssuerName,
    async issue({ account, pod, audiences, expirationSeconds }) {
      const seconds = Math.min(maxSeconds, Math.max(minSeconds, Math.floor(expirationSeconds)))
      const nowSeconds = Math.floor(clock.now() / 1000)
      const chosen = audiences.length > 0 ? audiences : [tokenIssuerName]
      const token = await new SignJWT({ 'kubernetes.io': kubernetesClaim(account, pod) })
        .setProtectedHeader({ alg: 'ES256', kid: (await jwk).kid as string })
        .setIssuer(tokenIssuerName)
        .setSubject(`system:serviceaccount:${account.metadata.namespace ?? ''}:${account.metadata.name}`)
        .setAudience([...chosen])
        .setIssuedAt(nowSeconds)
        .setNotBefore(nowSeconds)
        .setExpirationTime(nowSeconds + seconds)
        .setJti(randomUUID())
        .sign(privateKey)
      return { token, audiences: chosen, expirationSeconds: seconds, expiresAtMs: (nowSeconds + seconds) * 1000 }
    },
    async verify(token, audiences = [tokenIssuerName]) {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          issuer: tokenIssuerName,
          audience: [...audiences],
          algorithms: ['ES256'],
          currentDate: new Date(clock.now()),
        })
        return describeCaller(fieldsOf(payload['kubernetes.io']), [payload.aud ?? []].flat(), options)
      } catch {
        return undefined
      }
    },
    keys: async () => ({ keys: [await jwk] }),
  }
}

async function describeKey(key: KeyObject): Promise<JWK> {
  const jwk = await exportJWK(key)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' }
}

function kubernetesClaim(account: KubernetesObject, pod: KubernetesObject | undefined): object {
  const reference = ({ metadata }: KubernetesObject): object => ({ name: metadata.name, uid: metadata.uid })
  const node = textOf(fieldsOf(pod?.['spec'])['nodeName'])
  return {
    namespace: account.metadata.namespace,
    serviceaccount: reference(account),
    ...(pod && { pod: reference(pod) }),
    ...(node !== undefined && { node: { name: node } }),
  }
}

function describeCaller(
  claim: Readonly<Record<string, unknown>>,
  audiences: readonly string[],
  options: TokenIssuerOptions,
): VerifiedToken | undefined {
  const namespace = textOf(claim['namespace']) ?? ''
  const account = fieldsOf(claim['serviceaccount'])
  const name = textOf(account['name']) ?? ''
  const stored = options.findAccount(namespace, name)
  if (!stored || stored.metadata.uid !== account['uid']) return undefined
  const pod = fieldsOf(claim['pod'])
  if (claim['pod'] !== undefined && options.findPod(namespace, textOf(pod['name']) ?? '')?.metadata.uid !== pod['uid']) return undefined
  return {
    namespace,
    serviceAccount: name,
    audiences,
    user: {
      username: `system:serviceaccount:${namespace}:${name}`,
      uid: stored.metadata.uid ?? '',
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    },
  }
}
