/** The TLS context of a gateway's server: its credential, and what it demands of clients. */
import type { CertificateValidation, DownstreamTlsContext, SecretReference, TlsVersion } from '@heddle/routing'
import type { ServerTlsSettings, TlsVersionSetting } from '../resources/gateway.js'
import type { ServerContent } from './gateway-servers.js'
import {
  credentialCertificate,
  credentialRoots,
  fileCertificate,
  fileRoots,
  rootsCredential,
  workloadCertificate,
  workloadRoots,
} from '../tls/secret-name.js'

const versions: Readonly<Record<TlsVersionSetting, TlsVersion | undefined>> = {
  TLS_AUTO: undefined,
  TLSV1_0: 'TLSv1_0',
  TLSV1_1: 'TLSv1_1',
  TLSV1_2: 'TLSv1_2',
  TLSV1_3: 'TLSv1_3',
}

export function serverTls(tls: ServerTlsSettings, content: ServerContent): DownstreamTlsContext {
  const minVersion = versions[tls.minProtocolVersion ?? 'TLS_AUTO']
  const maxVersion = versions[tls.maxProtocolVersion ?? 'TLS_AUTO']
  const validation = clientValidation(tls)
  return {
    common: {
      alpnProtocols: content === 'http' ? ['h2', 'http/1.1'] : ['istio-peer-exchange', 'h2', 'http/1.1'],
      ...(minVersion === undefined ? {} : { minVersion }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(tls.cipherSuites?.length ? { cipherSuites: tls.cipherSuites } : {}),
      certificates: certificates(tls),
      ...(validation === undefined ? {} : { validation }),
    },
    requireClientCertificate: tls.mode === 'MUTUAL' || tls.mode === 'ISTIO_MUTUAL',
  }
}

function certificates(tls: ServerTlsSettings): readonly SecretReference[] {
  if (tls.mode === 'ISTIO_MUTUAL') return [workloadCertificate]
  const names = tls.credentialName ? [tls.credentialName] : (tls.credentialNames ?? [])
  if (names.length > 0) return names.map(credentialCertificate)
  if (tls.tlsCertificates?.length)
    return tls.tlsCertificates.map((files) => fileCertificate(files.serverCertificate ?? '', files.privateKey ?? ''))
  return [fileCertificate(tls.serverCertificate ?? '', tls.privateKey ?? '')]
}

function clientValidation(tls: ServerTlsSettings): CertificateValidation | undefined {
  if (tls.mode !== 'MUTUAL' && tls.mode !== 'OPTIONAL_MUTUAL' && tls.mode !== 'ISTIO_MUTUAL') return undefined
  const names = tls.subjectAltNames ?? []
  return {
    roots: clientRoots(tls),
    ...(names.length === 0 ? {} : { matchSubjectAltNames: names.map((value) => ({ kind: 'exact', value }) as const) }),
  }
}

function clientRoots(tls: ServerTlsSettings): SecretReference {
  if (tls.mode === 'ISTIO_MUTUAL') return workloadRoots
  if (tls.caCertCredentialName) return rootsCredential(tls.caCertCredentialName)
  const credential = tls.credentialName || tls.credentialNames?.[0]
  if (credential) return credentialRoots(credential)
  return fileRoots(tls.caCertificates || tls.tlsCertificates?.[0]?.caCertificates || 'system', tls.caCrl)
}
