/**
 * Trust bundles in SPIFFE's form: a JSON Web Key Set with a sequence number and a refresh hint (SPIFFE Trust Domain and Bundle
 * specification, section 4). The document does not name its trust domain, so whoever reads one says whose it is.
 */
import { createPublicKey } from 'node:crypto'
import { type JwtBundle, parseStrictJson, type PublicJwk, readPublicJwk } from '@heddle/base/node'
import { encodePem, parseCertificate, parseCertificatePem } from '@heddle/x509'
import type { CaBundle } from './ca-bundle.js'

export interface SpiffeBundle extends JwtBundle {
  /** Empty: everything was revoked, and nothing is to be trusted. */
  readonly rootsPem: string
  readonly jwtKeyIds: readonly string[]
  readonly sequence: number | undefined
  readonly refreshHintSeconds: number | undefined
}

export type SpiffeBundleResult = { readonly ok: true; readonly bundle: SpiffeBundle } | { readonly ok: false; readonly reason: string }

const maxBundleLength = 1024 * 1024
const maxKeys = 256
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** @param refreshHintSeconds how often consumers should look. */
export function encodeSpiffeBundle(bundle: Pick<CaBundle, 'rootsPem' | 'jwtKeys' | 'sequence'>, refreshHintSeconds: number): string {
  const roots = parseCertificatePem(bundle.rootsPem)
  const keys = [
    ...(roots.ok ? roots.ders : []).map((der) => x509Key(der)),
    ...bundle.jwtKeys.map(({ id, publicKey }) => ({ use: 'jwt-svid', kid: id, ...publicKey.export({ format: 'jwk' }) })),
  ]
  return JSON.stringify({ keys, spiffe_sequence: bundle.sequence, spiffe_refresh_hint: refreshHintSeconds })
}

function x509Key(der: Uint8Array): object {
  const parsed = parseCertificate(der)
  if (!parsed.ok) throw new Error(`a published root cannot be read: ${parsed.reason}`)
  const key = createPublicKey({ key: Buffer.from(parsed.certificate.publicKey.spki), format: 'der', type: 'spki' })
  return { use: 'x509-svid', ...key.export({ format: 'jwk' }), x5c: [Buffer.from(der).toString('base64')] }
}

/** Keys of unknown kinds and uses are passed over, as the specification asks; a key of a known kind that is broken is a fault. */
export function parseSpiffeBundle(text: string): SpiffeBundleResult {
  if (text.length > maxBundleLength) return refuse(`the bundle is longer than ${maxBundleLength} characters`)
  const json = parseStrictJson(text)
  if (!json.ok) return refuse(`the bundle cannot be read: ${json.reason}`)
  if (!isRecord(json.value)) return refuse('the bundle is not an object')
  const { keys, spiffe_sequence: sequence, spiffe_refresh_hint: refreshHint } = json.value
  if (!Array.isArray(keys)) return refuse('the bundle has no keys')
  if (keys.length > maxKeys) return refuse(`the bundle has more than ${maxKeys} keys`)
  if (!isCount(sequence)) return refuse('the sequence number is not a whole number below 2^53')
  if (!isCount(refreshHint)) return refuse('the refresh hint is not a whole number of seconds')
  return readKeys(keys as readonly unknown[], sequence, refreshHint)
}

function readKeys(keys: readonly unknown[], sequence: number | undefined, refreshHintSeconds: number | undefined): SpiffeBundleResult {
  const pems: string[] = []
  const jwtKeys = new Map<string, PublicJwk>()
  for (const key of keys) {
    if (!isRecord(key)) return refuse('a key is not an object')
    if (key['use'] === 'x509-svid' && key['x5c'] !== undefined) {
      const root = readRoot(key['x5c'])
      if (root.fault !== undefined) return refuse(root.fault)
      pems.push(root.pem)
    } else if (key['use'] === 'jwt-svid' && (key['kty'] === 'EC' || key['kty'] === 'RSA')) {
      const { kid } = key
      if (typeof kid !== 'string' || kid === '') return refuse('a key for tokens has no id')
      if (jwtKeys.has(kid)) return refuse('two keys for tokens have the same id')
      const publicKey = readPublicJwk(key)
      if (!publicKey) return refuse('a key for tokens cannot be used')
      jwtKeys.set(kid, publicKey)
    }
  }
  const bundle: SpiffeBundle = {
    rootsPem: pems.join(''),
    jwtKeyIds: [...jwtKeys.keys()],
    keyOf: (keyId) => jwtKeys.get(keyId)?.load(),
    sequence,
    refreshHintSeconds,
  }
  return { ok: true, bundle }
}

function readRoot(x5c: unknown): { readonly pem: string; readonly fault?: undefined } | { readonly fault: string } {
  const list: readonly unknown[] = Array.isArray(x5c) ? x5c : []
  const [text] = list
  if (typeof text !== 'string' || list.length !== 1 || text === '' || !base64.test(text))
    return { fault: 'an x5c is not one certificate in base64' }
  const parsed = parseCertificate(Buffer.from(text, 'base64'))
  if (!parsed.ok) return { fault: `a root cannot be read: ${parsed.reason}` }
  const { extensions, publicKey } = parsed.certificate
  if (!extensions.basicConstraints?.isCa) return { fault: 'a root is not a CA' }
  if (publicKey.rules.kind === 'refused') return { fault: `a root's key is refused: ${publicKey.rules.reason}` }
  return { pem: encodePem('CERTIFICATE', parsed.certificate.der) }
}

function isCount(value: unknown): value is number | undefined {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(reason: string): SpiffeBundleResult {
  return { ok: false, reason }
}
