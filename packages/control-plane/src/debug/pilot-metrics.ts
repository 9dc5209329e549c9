/** The control plane's own metrics, under istiod's names, in Prometheus' text format. */
import type { Discovery } from '../push/discovery.js'
import { typeNames } from './sync-status.js'

export interface CertificateCounters {
  csrCount: number
  successCount: number
  refusedCount: number
}

export interface PilotFigures {
  readonly discovery: Discovery
  readonly certificates: CertificateCounters
  /** Secrets that proxies needed and did not get. */
  readonly secretErrors: number
  readonly version: string
}

export function renderPilotMetrics({ discovery, certificates, secretErrors, version }: PilotFigures): string {
  const { pushes, rejects, failures } = discovery.totals()
  return [
    '# TYPE istio_build gauge',
    `istio_build{component="pilot",tag="${version}"} 1`,
    '# TYPE pilot_xds gauge',
    `pilot_xds{version="${version}"} ${discovery.proxies().length}`,
    '# TYPE pilot_services gauge',
    `pilot_services ${discovery.snapshot().services.length}`,
    '# TYPE pilot_pushes_total counter',
    `pilot_pushes_total ${pushes}`,
    '# TYPE pilot_total_xds_rejects counter',
    ...[...rejects].map(([typeUrl, count]) => `pilot_total_xds_rejects{type="${typeNames[typeUrl] ?? 'other'}"} ${count}`),
    '# TYPE pilot_total_xds_internal_errors counter',
    `pilot_total_xds_internal_errors ${failures}`,
    '# TYPE pilot_sds_certificate_errors_total counter',
    `pilot_sds_certificate_errors_total ${secretErrors}`,
    '# TYPE citadel_server_csr_count counter',
    `citadel_server_csr_count ${certificates.csrCount}`,
    '# TYPE citadel_server_success_cert_issuance_count counter',
    `citadel_server_success_cert_issuance_count ${certificates.successCount}`,
    '# TYPE citadel_server_csr_sign_err_count counter',
    `citadel_server_csr_sign_err_count ${certificates.refusedCount}`,
    '',
  ].join('\n')
}
