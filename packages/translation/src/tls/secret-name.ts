/** Names of secrets as Istio gives them: the workload's own come from its agent, credentials from the control plane. */
import type { SecretReference } from '@heddle/routing'

export const workloadCertificate: SecretReference = { name: 'default', source: 'agent' }
export const workloadRoots: SecretReference = { name: 'ROOTCA', source: 'agent' }

/** The Kubernetes Secret that a `credentialName` names. */
export function credentialCertificate(credentialName: string): SecretReference {
  return { name: credentialUri(credentialName), source: 'ads' }
}

/** The roots for verifying peers: key `ca.crt` of the Secret, or of a second one with the suffix `-cacert`. */
export function credentialRoots(credentialName: string): SecretReference {
  const uri = credentialUri(credentialName)
  return { name: uri.endsWith('-cacert') ? uri : `${uri}-cacert`, source: 'ads' }
}

export function fileCertificate(certificate: string, key: string): SecretReference {
  return { name: `file-cert:${certificate}~${key}`, source: 'agent' }
}

/** A file of roots; `system` is the operating system's store. */
export function fileRoots(path: string): SecretReference {
  return { name: `file-root:${path}`, source: 'agent' }
}

function credentialUri(credentialName: string): string {
  return credentialName.includes('://') ? credentialName : `kubernetes://${credentialName}`
}
