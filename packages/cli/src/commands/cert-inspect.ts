/** `heddle cert inspect FILE`: what a certificate or request says, and which rules of ours it breaks. Offline. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { type Certificate, type CertificateProfile, lintCertificate, parseCertificate, parseCsr, parsePem } from '@heddle/x509'
import type { Invocation, Streams } from '../command/command.js'
import { unreadableFile } from '../command/file-fault.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'

export async function run({ positionals, streams, cwd }: Invocation): Promise<number> {
  const [file] = positionals
  if (file === undefined) throw usageError('say which file: PEM certificates or a request')
  const text = await readFile(resolve(cwd, file), 'utf8').catch((cause: unknown) => {
    throw unreadableFile(file, cause)
  })
  const pem = parsePem(text, { allowsText: true })
  if (!pem.ok) throw badData(file, pem.reason)
  if (pem.blocks.length === 0) throw badData(file, 'it has no PEM block')
  const certificates: Certificate[] = []
  for (const { label, der } of pem.blocks) {
    if (label === 'CERTIFICATE') {
      const parsed = parseCertificate(der)
      if (!parsed.ok) throw badData(file, parsed.reason)
      certificates.push(parsed.certificate)
    } else if (label.endsWith('CERTIFICATE REQUEST')) writeRequest(streams, text)
    else streams.stdout.write(`${label}: not shown\n`)
  }
  certificates.forEach((certificate, index) => writeCertificate(streams, certificate, certificates[index + 1]))
  return exitCode.ok
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
    `  valid: ${validityOf(certificate)}`,
    `  key: ${rules.kind === 'accepted' ? `${rules.algorithm}, ${rules.bits} bits` : `REFUSED: ${rules.reason}`}`,
    `  use: ${keyUsage?.usages.join(', ') ?? 'not limited'}`,
    ...ruleLines(certificate, above),
  ]
  stdout.write(`${lines.join('\n')}\n`)
}

function isAuthority({ extensions }: Certificate): boolean {
  return extensions.basicConstraints?.isCa === true
}

function validityOf({ notBeforeMs, notAfterMs }: Certificate): string {
  const leftMs = notAfterMs - systemClock.now()
  const left = leftMs < 0 ? 'EXPIRED' : `${Math.floor(leftMs / 3_600_000)} h left`
  return `${new Date(notBeforeMs).toISOString()} to ${new Date(notAfterMs).toISOString()} (${left})`
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
