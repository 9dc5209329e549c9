/**
 * An authority that somebody else's root vouches for: the four files of Istio's `cacerts` (or tls.crt, tls.key, ca.crt). A partial
 * set, a key of another certificate and a chain that does not reach the root are errors at start, not at the first handshake.
 */
import type { KeyObject } from 'node:crypto'
import files from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@heddle/base'
import {
  type Certificate,
  type TrustBundle,
  createTrustBundle,
  encodePem,
  generateKey,
  issueCertificate,
  parseCertificate,
  parseCertificatePem,
  parsePrivateKey,
  publicKeyOf,
  verifySvidPath,
} from '@heddle/x509'
import { caError } from '../ca-error.js'
import { type Authority, isKeyOf } from './authority.js'

/** The contents of the files, in PEM. */
export interface Cacerts {
  /** ca-cert.pem: the certificate that signs leaves. */
  readonly caCertPem: string
  /** ca-key.pem: its private key. */
  readonly caKeyPem: string
  /** cert-chain.pem: from the signing certificate up to, or up to and with, the root. Default: the signing certificate alone. */
  readonly certChainPem?: string
  /** root-cert.pem: one or more roots. */
  readonly rootCertPem: string
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
    return { caCertPem, caKeyPem, certChainPem, rootCertPem }
  }
  const [chain, key, root] = await readAll(directory, ['tls.crt', 'tls.key', 'ca.crt'])
  if (chain !== undefined && key !== undefined && root !== undefined) {
    return { caCertPem: chain, caKeyPem: key, certChainPem: chain, rootCertPem: root }
  }
  throw invalid(`"${directory}" holds neither ca-cert.pem, ca-key.pem, cert-chain.pem and root-cert.pem, nor tls.crt, tls.key and ca.crt`)
}

/** @throws HeddleError `HEDDLE_CA_CACERTS_INVALID` */
export function readPluggedInAuthority(cacerts: Cacerts, trustDomain: string, nowMs: number): Authority {
  const certificate = readCertificates('ca-cert.pem', cacerts.caCertPem)[0] as Certificate
  const key = parsePrivateKey(cacerts.caKeyPem)
  if (!key.ok) throw invalid(`ca-key.pem: ${key.reason}`)
  if (!isKeyOf(key.key, certificate)) throw invalid('ca-key.pem does not belong to ca-cert.pem')
  const roots = readCertificates('root-cert.pem', cacerts.rootCertPem)
  const chain = cacerts.certChainPem === undefined ? [] : readCertificates('cert-chain.pem', cacerts.certChainPem)
  const intermediates = uniqueWithout([certificate, ...chain], roots)
  const rootsPem = roots.map((root) => encodePem('CERTIFICATE', root.der)).join('')
  return {
    certificate,
    key: key.key,
    intermediates: intermediates.map((member) => encodePem('CERTIFICATE', member.der)),
    rootsPem,
    chainNotAfterMs: proveChain({ certificate, key: key.key, intermediates, rootsPem, trustDomain, nowMs }),
  }
}

interface Proof {
  readonly certificate: Certificate
  readonly key: KeyObject
  readonly intermediates: readonly Certificate[]
  readonly rootsPem: string
  readonly trustDomain: string
  readonly nowMs: number
}

/** Signs a leaf that nobody gets and checks it as a peer would: the proof that real leaves will be accepted. Returns when the chain ends. */
function proveChain({ certificate, key, intermediates, rootsPem, trustDomain, nowMs }: Proof): number {
  const leaf = issueCertificate(
    {
      serial: Uint8Array.of(1),
      publicKey: publicKeyOf(generateKey()),
      notBeforeMs: nowMs,
      notAfterMs: Math.max(nowMs, certificate.notAfterMs),
      altNames: { uris: [`spiffe://${trustDomain}/probe`] },
      keyUsages: ['digitalSignature'],
    },
    { privateKey: key, certificate },
  )
  const result = verifySvidPath({
    chain: [leaf, ...intermediates.map((member) => member.der)],
    bundle: bundleOf(trustDomain, rootsPem),
    nowMs,
  })
  if (!result.ok) throw invalid(`a leaf below ca-cert.pem would be refused: ${result.message}`)
  return result.notAfterMs
}

function bundleOf(trustDomain: string, rootsPem: string): TrustBundle {
  try {
    return createTrustBundle({ roots: { [trustDomain]: rootsPem } })
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
