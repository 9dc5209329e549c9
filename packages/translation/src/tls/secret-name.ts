/** Names of secrets as Istio gives them: the workload's own come from its agent, credentials from the control plane. */
import type { SecretReference } from '@heddle/routing'

export const workloadCertificate: SecretReference = { name: 'default', source: 'agent' }
export const workloadRoots: SecretReference = { name: 'ROOTCA', source: 'agent' }

const rootsSuffix = '-cacert'

/** The Kubernetes Secret that a `credentialName` names. */
export function credentialCertificate(credentialName: string): SecretReference {
  return credentialName.startsWith(builtin) ? workloadCertificate : { name: credentialUri(credentialName), source: 'ads' }
}

/** The roots for verifying peers that belong to a credential: key `ca.crt` of its Secret, or of a second one with the suffix. */
export function credentialRoots(credentialName: string): SecretReference {
  return credentialName.startsWith(builtin) ? workloadRoots : { name: `${credentialUri(credentialName)}${rootsSuffix}`, source: 'ads' }
}

/** A `caCertCredentialName`: it holds nothing but roots, and may be written with the suffix. */
export function rootsCredential(name: string): SecretReference {
  return credentialRoots(name.endsWith(rootsSuffix) ? name.slice(0, -rootsSuffix.length) : name)
}

export function fileCertificate(certificate: string, key: string): SecretReference {
  return { name: `file-cert:${certificate}~${key}`, source: 'agent' }
}

/** A file of roots, where `system` is the operating system's store, and one of revocation lists when there is any. */
export function fileRoots(path: string, crl: string | undefined): SecretReference {
  return { name: `file-root:${path}${crl ? `~${crl}` : ''}`, source: 'agent' }
}

/** The workload's own certificate, in the place of a credential. */
const builtin = 'builtin://'

/** Other forms than a name of the proxy's namespace. */
const schemes: readonly string[] = ['kubernetes://', 'configmap://', 'kubernetes-gateway://']

function credentialUri(credentialName: string): string {
  if (credentialName.startsWith('invalid://')) return 'invalid://'
  return schemes.some((scheme) => credentialName.startsWith(scheme)) ? credentialName : `kubernetes://${credentialName}`
}
