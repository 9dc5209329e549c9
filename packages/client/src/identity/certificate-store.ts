/** The last good certificate of a workload, in one file of its state folder, so that key and chain never part. */
import { join } from 'node:path'
import { readIfPresent, writeDurably } from '@heddle/base/node'
import type { WorkloadCertificate } from './workload-certificate.js'

const fileName = 'identity.json'

export function storeCertificate(stateDir: string, certificate: WorkloadCertificate): void {
  writeDurably(join(stateDir, fileName), JSON.stringify(certificate))
}

/** What was stored, or undefined when there is nothing or it cannot be read; a new one is asked for then. */
export function loadCertificate(stateDir: string): WorkloadCertificate | undefined {
  try {
    const bytes = readIfPresent(join(stateDir, fileName))
    const value = bytes && (JSON.parse(bytes.toString('utf8')) as Partial<WorkloadCertificate>)
    return value && typeof value.chainPem === 'string' && typeof value.privateKeyPem === 'string' && typeof value.notAfterMs === 'number'
      ? (value as WorkloadCertificate)
      : undefined
  } catch {
    return undefined
  }
}
