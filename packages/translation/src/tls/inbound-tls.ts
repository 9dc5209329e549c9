/** The TLS context that a sidecar shows inside the mesh: its own identity, and only peers of the trust domain under any of its names, and of those it federates with. */
import type { DownstreamTlsContext } from '@heddle/routing'
import type { MeshConfig } from '../snapshot/mesh-config.js'
import { workloadCertificate, workloadRoots } from './secret-name.js'

const cipherSuites: readonly string[] = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
]

/** HTTP chains do not offer `istio-peer-exchange`: HTTP peers tell their metadata in headers. */
export function inboundMutualTls(
  {
    trustDomain,
    trustDomainAliases = [],
    federatedTrustDomains = [],
  }: Pick<MeshConfig, 'trustDomain' | 'trustDomainAliases' | 'federatedTrustDomains'>,
  content: 'http' | 'tcp',
): DownstreamTlsContext {
  const peers = [trustDomain, ...trustDomainAliases, ...federatedTrustDomains]
  return {
    common: {
      alpnProtocols: content === 'http' ? ['h2', 'http/1.1'] : ['istio-peer-exchange', 'h2', 'http/1.1'],
      minVersion: 'TLSv1_2',
      maxVersion: 'TLSv1_3',
      cipherSuites,
      certificates: [workloadCertificate],
      validation: { roots: workloadRoots, matchSubjectAltNames: peers.map((peer) => ({ kind: 'prefix', value: `spiffe://${peer}/` })) },
    },
    requireClientCertificate: true,
  }
}
