/**
 * An authority that somebody else's root vouches for: the four files of Istio's `cacerts` (or tls.crt, tls.key, ca.crt). A partial
 * set, a key of another certificate and a chain that does not reach the root are errors at start, not at the first handshake.
 */
import files from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@heddle/base'
import {
  type Certificate,
  type TrustBundle,
  type Crl,
  type KeyAlgorithm,
  type Signer,
  createKeySigner,
  createTrustBundle,
  encodePem,
  generateKey,
  isSignerGenuine,
  parseCertificate,
  parseCertificatePem,
  parseCrlPem,
  parsePrivateKey,
  publicKeyOf,
  signCertificate,
  verifySvidPath,
} from '@heddle/x509'
import { caError } from '../ca-error.js'
import { type Authority, fingerprintOf, isKeyOf, loadedKeyOf } from './authority.js'

/** The contents of the files, in PEM. */
export interface Cacerts {
  /** ca-cert.pem: the certificate that signs leaves. */
  readonly caCertPem: string
  /** ca-key.pem: its private key. Exactly one of this and `signer` is given. */
  readonly caKeyPem?: string
  /** Signs in place of a key in a file, such as a key management service. */
  readonly signer?: Signer
  /** cert-chain.pem: from the signing certificate up to, or up to and with, the root. Default: the signing certificate alone. */
  readonly certChainPem?: string
  /** root-cert.pem: one or more roots. */
  readonly rootCertPem: string
  /** ca-crl.pem: revocation lists that every chain is held to, here and in every proxy. Default: none. */
  readonly crlPem?: string
}

export interface PluggedInAuthority {
  readonly authority: Authority
  readonly crls: readonly Crl[]
}

/**
 * Reads the files of a mounted `cacerts` folder.
 * @throws HeddleError `HEDDLE_CA_CACERTS_INVALID` when the set is not complete.
 */
export async function readCacerts(directory: string): Promise<Cacerts> {
  const [caCertPem, caKeyPem, certChainPem, rootCertPem] = await readAll(directory, [
    'ca-cert.pem',
    'ca-key.pem',
    'cert-chain.pem',
    'root-cert.pem',
  ])
  if (caCertPem !== undefined && caKeyPem !== undefined && certChainPem !== undefined && rootCertPem !== undefined) {
    const [crlPem] = await readAll(directory, ['ca-crl.pem'])
    return { caCertPem, caKeyPem, certChainPem, rootCertPem, ...(crlPem !== undefined && { crlPem }) }
  }
  const [chain, key, root] = await readAll(directory, ['tls.crt', 'tls.key', 'ca.crt'])
  if (chain !== undefined && key !== undefined && root !== undefined) {
    return { caCertPem: chain, caKeyPem: key, certChainPem: chain, rootCertPem: root }
  }
  throw invalid(`"${directory}" holds neither ca-cert.pem, ca-key.pem, cert-chain.pem and root-cert.pem, nor tls.crt, tls.key and ca.crt`)
}

export interface PlugInContext {
  readonly trustDomain: string
  readonly nowMs: number
  /** Kinds of keys that peers take. */
  readonly keyAlgorithms: readonly KeyAlgorithm[]
}

/** @throws HeddleError `HEDDLE_CA_CACERTS_INVALID` */
export async function readPluggedInAuthority(cacerts: Cacerts, context: PlugInContext): Promise<PluggedInAuthority> {
  const certificate = readCertificates('ca-cert.pem', cacerts.caCertPem)[0] as Certificate
  const signer = await readSigner(cacerts, certificate)
  const roots = readCertificates('root-cert.pem', cacerts.rootCertPem)
  // Istio's own authority, a root that signs by itself, has a blank one.
  const { certChainPem = '' } = cacerts
  const chain = certChainPem.trim() === '' ? [] : readCertificates('cert-chain.pem', certChainPem)
  const intermediates = uniqueWithout([certificate, ...chain], roots)
  const rootsPem = roots.map((root) => encodePem('CERTIFICATE', root.der)).join('')
  const chainNotAfterMs = await proveChain({ certificate, signer, intermediates, rootsPem, ...context })
  return {
    authority: {
      certificate,
      signer,
      isKeyLocal: cacerts.signer === undefined,
      publicKey: loadedKeyOf(certificate),
      intermediates: intermediates.map((member) => encodePem('CERTIFICATE', member.der)),
      rootsPem,
      chainNotAfterMs,
      fingerprint: fingerprintOf(certificate),
    },
    crls: readCrls(cacerts.crlPem),
  }
}

/** A signer is asked to prove itself before anybody depends on it. */
async function readSigner({ caKeyPem, signer }: Cacerts, certificate: Certificate): Promise<Signer> {
  if ((caKeyPem === undefined) === (signer === undefined)) throw invalid('give either the private key or a signer')
  if (signer) {
    if (!isKeyOf(signer.publicKey, certificate)) throw invalid('the signer does not hold the key of ca-cert.pem')
    const isGenuine = await isSignerGenuine(signer).catch((cause: unknown) => {
      throw invalid(`the signer cannot sign: ${messageOf(cause)}`)
    })
    if (!isGenuine) throw invalid('the signer signs with another key than it shows')
    return signer
  }
  const key = parsePrivateKey(caKeyPem ?? '')
  if (!key.ok) throw invalid(`ca-key.pem: ${key.reason}`)
  if (!isKeyOf(publicKeyOf(key.key), certificate)) throw invalid('ca-key.pem does not belong to ca-cert.pem')
  return createKeySigner(key.key)
}

/** @throws HeddleError `HEDDLE_CA_CACERTS_INVALID` */
export function readCrls(pem: string | undefined): readonly Crl[] {
  const text = parseCrlPem(pem ?? '')
  if (!text.ok) throw invalid(`ca-crl.pem: ${text.reason}`)
  return text.crls
}

interface Proof extends PlugInContext {
  readonly certificate: Certificate
  readonly signer: Signer
  readonly intermediates: readonly Certificate[]
  readonly rootsPem: string
}

/** Signs a leaf that nobody gets and checks it as a peer would: the proof that real leaves will be accepted. Returns when the chain ends. */
async function proveChain({ certificate, signer, intermediates, rootsPem, trustDomain, nowMs, keyAlgorithms }: Proof): Promise<number> {
  const leaf = await signCertificate(
    {
      serial: Uint8Array.of(1),
      publicKey: publicKeyOf(generateKey()),
      notBeforeMs: nowMs,
      notAfterMs: Math.max(nowMs, certificate.notAfterMs),
      altNames: { uris: [`spiffe://${trustDomain}/probe`] },
      keyUsages: ['digitalSignature'],
    },
    { signer, certificate },
  )
  const result = verifySvidPath({
    chain: [leaf, ...intermediates.map((member) => member.der)],
    bundle: bundleOf(trustDomain, rootsPem, keyAlgorithms),
    nowMs,
  })
  if (!result.ok) throw invalid(`a leaf below ca-cert.pem would be refused: ${result.message}`)
  return result.notAfterMs
}

function bundleOf(trustDomain: string, rootsPem: string, keyAlgorithms: readonly KeyAlgorithm[]): TrustBundle {
  try {
    return createTrustBundle({ roots: { [trustDomain]: rootsPem }, keyAlgorithms })
  } catch (cause) {
    throw invalid(`root-cert.pem: ${messageOf(cause)}`)
  }
}

function uniqueWithout(certificates: readonly Certificate[], excluded: readonly Certificate[]): readonly Certificate[] {
  const seen = new Set(excluded.map((certificate) => Buffer.from(certificate.der).toString('base64')))
  return certificates.filter((certificate) => {
    const text = Buffer.from(certificate.der).toString('base64')
    return !seen.has(text) && seen.add(text)
  })
}

function readCertificates(name: string, pem: string): readonly Certificate[] {
  const text = parseCertificatePem(pem)
  if (!text.ok) throw invalid(`${name}: ${text.reason}`)
  return text.ders.map((der) => {
    const parsed = parseCertificate(der)
    if (!parsed.ok) throw invalid(`${name}: ${parsed.reason}`)
    return parsed.certificate
  })
}

function readAll(directory: string, names: readonly string[]): Promise<readonly (string | undefined)[]> {
  return Promise.all(
    names.map(async (name) => {
      try {
        return await files.readFile(join(directory, name), 'utf8')
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw invalid(`cannot read ${name}: ${messageOf(cause)}`)
      }
    }),
  )
}

function invalid(reason: string): Error {
  return caError('HEDDLE_CA_CACERTS_INVALID', `the plugged-in certificates cannot be used: ${reason}`, {
    origin: 'user',
    hint: 'Give a complete set: the signing certificate, its key, its chain, and the root.',
  })
}
