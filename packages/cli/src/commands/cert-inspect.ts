/** `heddle cert inspect FILE`: what a certificate, request or revocation list says, and which rules of ours it breaks. Offline. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import {
  type Certificate,
  type CertificateProfile,
  type Crl,
  encodePem,
  importPublicKey,
  isCrlOf,
  lintCertificate,
  parseCertificate,
  parseCrl,
  parseCsr,
  parsePem,
} from '@heddle/x509'
import type { Invocation, Streams } from '../command/command.js'
import { unreadableFile } from '../command/file-fault.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { formatAge } from '../output/age.js'

export async function run({ positionals, streams, cwd }: Invocation): Promise<number> {
  const [file] = positionals
  if (file === undefined) throw usageError('say which file: PEM certificates, requests or revocation lists')
  const text = await readFile(resolve(cwd, file), 'utf8').catch((cause: unknown) => {
    throw unreadableFile(file, cause)
  })
  const pem = parsePem(text, { allowsText: true })
  if (!pem.ok) throw badData(file, pem.reason)
  if (pem.blocks.length === 0) throw badData(file, 'it has no PEM block')
  const certificates: Certificate[] = []
  const lists: Crl[] = []
  for (const { label, der } of pem.blocks) {
    if (label === 'CERTIFICATE') {
      const parsed = parseCertificate(der)
      if (!parsed.ok) throw badData(file, parsed.reason)
      certificates.push(parsed.certificate)
    } else if (label === 'X509 CRL') {
      const parsed = parseCrl(der)
      if (!parsed.ok) throw badData(file, parsed.reason)
      lists.push(parsed.crl)
    } else if (label.endsWith('CERTIFICATE REQUEST')) writeRequest(streams, encodePem(label, der))
    else streams.stdout.write(`${label}: not shown\n`)
  }
  for (const certificate of certificates) writeCertificate(streams, certificate, issuerOf(certificate, certificates))
  for (const list of lists) writeList(streams, list, certificates)
  return exitCode.ok
}

/** The one whose name it bears, of several the one with the key it names. */
function issuerOf({ issuer, extensions }: Certificate, certificates: readonly Certificate[]): Certificate | undefined {
  const named = certificates.filter(({ subject }) => Buffer.compare(subject.der, issuer.der) === 0)
  return named.find((one) => one.extensions.subjectKeyId === extensions.authorityKeyId) ?? named[0]
}

const shownEntries = 50

function writeList({ stdout }: Streams, list: Crl, certificates: readonly Certificate[]): void {
  const signer = certificates.find((one) => {
    const key = importPublicKey(one.publicKey)
    return key !== undefined && isCrlOf(list, one, key)
  })
  const entries = [...list.revoked.values()]
  const lines = [
    `revocation list ${list.number}`,
    `  issuer: ${list.issuer.text || '(empty)'}`,
    `  valid: ${spanOf(list.thisUpdateMs, list.nextUpdateMs)}`,
    `  signature: ${signer ? `by ${signer.serialHex}` : 'not checked, its issuer is not in the file'}`,
    `  revoked: ${entries.length}`,
    ...entries
      .slice(0, shownEntries)
      .map(({ serialHex, revokedAtMs, reason }) => `    ${serialHex} ${isoOf(revokedAtMs)} ${reason ?? ''}`.trimEnd()),
    ...(entries.length > shownEntries ? [`    and ${entries.length - shownEntries} more`] : []),
  ]
  stdout.write(`${lines.join('\n')}\n`)
}

function writeRequest({ stdout }: Streams, text: string): void {
  const parsed = parseCsr(text)
  if (!parsed.ok) {
    stdout.write(`request: refused: ${parsed.reason}\n`)
    return
  }
  const { subject, keyAlgorithm, requested } = parsed.csr
  stdout.write(`request\n  key: ${keyAlgorithm}, possession proved\n  subject: ${subject.text || '(empty)'}\n`)
  stdout.write(
    `  asks for: ${[...(requested.subjectAltNames?.uris ?? []), ...(requested.subjectAltNames?.dnsNames ?? [])].join(', ') || 'no name'} (a mesh authority ignores it)\n`,
  )
}

function writeCertificate({ stdout }: Streams, certificate: Certificate, above: Certificate | undefined): void {
  const { extensions, subject, issuer, serialHex, publicKey } = certificate
  const { subjectAltNames: names, keyUsage } = extensions
  const { rules } = publicKey
  const lines = [
    `${isAuthority(certificate) ? 'CA certificate' : 'certificate'} ${serialHex}`,
    ...(names?.uris ?? []).map((uri) => `  id: ${uri}`),
    ...(names?.dnsNames ?? []).map((name) => `  DNS name: ${name}`),
    `  subject: ${subject.text || '(empty)'}`,
    `  issuer: ${issuer.text || '(empty)'}`,
    `  valid: ${spanOf(certificate.notBeforeMs, certificate.notAfterMs)}`,
    `  key: ${rules.kind === 'accepted' ? `${rules.algorithm}, ${rules.bits} bits` : `REFUSED: ${rules.reason}`}`,
    `  use: ${keyUsage?.usages.join(', ') ?? 'not limited'}`,
    ...ruleLines(certificate, above),
  ]
  stdout.write(`${lines.join('\n')}\n`)
}

function isAuthority({ extensions }: Certificate): boolean {
  return extensions.basicConstraints?.isCa === true
}

function spanOf(fromMs: number, toMs: number): string {
  const nowMs = systemClock.now()
  const left = toMs < nowMs ? 'EXPIRED' : fromMs > nowMs ? 'NOT YET VALID' : `${formatAge(toMs - nowMs)} left`
  return `${isoOf(fromMs)} to ${isoOf(toMs)} (${left})`
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}

function ruleLines(certificate: Certificate, above: Certificate | undefined): readonly string[] {
  const isSelfSigned = Buffer.compare(certificate.subject.der, certificate.issuer.der) === 0
  if (!isSelfSigned && !above) return ['  rules: not checked, its issuer is not in the file']
  const issuer = isSelfSigned ? undefined : above
  const findings = lintCertificate(certificate, { profile: profileOf(certificate, isSelfSigned), ...(issuer && { issuer }) })
  return findings.length === 0 ? ['  rules: all kept'] : findings.map(({ rule, message }) => `  rule ${rule}: ${message}`)
}

function profileOf(certificate: Certificate, isSelfSigned: boolean): CertificateProfile {
  if (isAuthority(certificate)) return isSelfSigned ? 'root' : 'intermediate'
  return certificate.extensions.subjectAltNames?.uris.length ? 'workload' : 'server'
}

function badData(file: string, reason: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_CLI_BAD_DATA', message: `${file}: ${reason}`, origin: 'user' })
}
