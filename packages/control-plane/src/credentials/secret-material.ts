/**
 * What a Kubernetes Secret holds for TLS, under the keys that Istio reads: `cert`, `key` and `cacert` of a generic Secret
 * first, else `tls.crt`, `tls.key` and `ca.crt` of type kubernetes.io/tls. The type itself does not matter.
 */
import type { KubernetesObject } from '@heddle/client'

export type Material<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: string }

export interface KeyPair {
  readonly certificateChainPem: string
  readonly privateKeyPem: string
}

export function keyPairOf(secret: KubernetesObject): Material<KeyPair> {
  for (const [certificate, key] of [
    ['cert', 'key'],
    ['tls.crt', 'tls.key'],
  ] as const) {
    const [certificateChainPem, privateKeyPem] = [textOf(secret, certificate), textOf(secret, key)]
    if (certificateChainPem !== '' && privateKeyPem !== '') return { ok: true, value: { certificateChainPem, privateKeyPem } }
  }
  return { ok: false, reason: `it has neither cert and key nor tls.crt and tls.key, but ${keysOf(secret)}` }
}

export function rootsOf(secret: KubernetesObject): Material<string> {
  const roots = textOf(secret, 'cacert') || textOf(secret, 'ca.crt')
  return roots === '' ? { ok: false, reason: `it has neither cacert nor ca.crt, but ${keysOf(secret)}` } : { ok: true, value: roots }
}

/** Revocation lists beside the roots, under Istio's keys; undefined when there are none. */
export function crlOf(secret: KubernetesObject): string | undefined {
  return textOf(secret, 'crl') || textOf(secret, 'ca.crl') || undefined
}

/** Whether anything in it could be for TLS: all other Secrets are nobody's business here. */
export function hasTlsKeys(secret: KubernetesObject): boolean {
  return ['cert', 'tls.crt', 'cacert', 'ca.crt'].some((key) => dataOf(secret)[key] !== undefined)
}

function textOf(secret: KubernetesObject, key: string): string {
  const text = dataOf(secret)[key]
  return text === undefined ? '' : Buffer.from(text, 'base64').toString('utf8')
}

function dataOf(secret: KubernetesObject): Readonly<Record<string, string | undefined>> {
  return (secret['data'] as Readonly<Record<string, string>> | null | undefined) ?? {}
}

function keysOf(secret: KubernetesObject): string {
  const keys = Object.keys(dataOf(secret)).sort()
  return keys.length === 0 ? 'nothing' : `${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ` and ${keys.length - 3} more` : ''}`
}
