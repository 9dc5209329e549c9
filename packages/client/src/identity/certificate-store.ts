/** The last good certificate of a workload, in one file of its state folder, so that key and chain never part. */
import { join } from 'node:path'
import { readIfPresent, writeDurably } from '@heddle/base/node'
import { certificateFault, type WantedIdentity, type WorkloadCertificate } from './workload-certificate.js'

const fileName = 'identity.json'

/** @throws the file system's error. */
export function storeCertificate(stateDir: string, certificate: WorkloadCertificate): void {
  writeDurably(join(stateDir, fileName), JSON.stringify(certificate))
}

export type LoadedCertificate =
  | { readonly kind: 'loaded'; readonly certificate: WorkloadCertificate }
  | { readonly kind: 'none' }
  | { readonly kind: 'unusable'; readonly reason: string }

/** @param wanted the identity that the certificate must have: a folder may have belonged to another workload before. */
export function loadCertificate(stateDir: string, wanted: WantedIdentity, nowMs: number): LoadedCertificate {
  try {
    const bytes = readIfPresent(join(stateDir, fileName))
    if (!bytes) return { kind: 'none' }
    const certificate = parse(bytes.toString('utf8'))
    if (!certificate) return unusable('it is no stored certificate')
    const fault = certificateFault(certificate, wanted, nowMs)
    if (fault !== undefined) return unusable(fault)
    return certificate.notAfterMs > nowMs ? { kind: 'loaded', certificate } : unusable('it has expired')
  } catch {
    // The error's own text may quote the file, which holds a private key.
    return unusable('it cannot be read')
  }
}

function parse(text: string): WorkloadCertificate | undefined {
  const value = JSON.parse(text) as Partial<WorkloadCertificate> | null
  const texts = [value?.chainPem, value?.privateKeyPem, value?.rootsPem]
  const numbers = [value?.notBeforeMs, value?.notAfterMs]
  const isWhole = texts.every((part) => typeof part === 'string') && numbers.every((part) => typeof part === 'number')
  return isWhole ? (value as WorkloadCertificate) : undefined
}

function unusable(reason: string): LoadedCertificate {
  return { kind: 'unusable', reason }
}
