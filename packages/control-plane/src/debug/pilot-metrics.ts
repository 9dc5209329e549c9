/** The control plane's own metrics, under istiod's names, in Prometheus' text format. */
import type { CaMetrics, CertificateServiceCounters } from '@heddle/ca'
import type { Discovery } from '../push/discovery.js'
import { typeNames } from './sync-status.js'

export interface PilotFigures {
  readonly discovery: Discovery
  readonly ca: CaMetrics
  readonly certificates: CertificateServiceCounters
  /** Secrets that proxies needed and did not get. */
  readonly secretErrors: number
  readonly version: string
}

export function renderPilotMetrics({ discovery, ca, certificates, secretErrors, version }: PilotFigures): string {
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
    ...citadelMetrics(ca, certificates),
    '',
  ].join('\n')
}

/** Istio's names where it has one; `heddle_ca_` where it has none. */
function citadelMetrics(ca: CaMetrics, certificates: CertificateServiceCounters): readonly string[] {
  const counters: Readonly<Record<string, number>> = {
    citadel_server_csr_count: ca.csrCount + certificates.authenticationFailures + certificates.rateLimited + certificates.queueFull,
    citadel_server_authentication_failure_count: certificates.authenticationFailures,
    citadel_server_csr_parsing_err_count: ca.csrParsingErrors,
    citadel_server_id_extraction_err_count: ca.idExtractionErrors,
    citadel_server_csr_sign_err_count: ca.csrSignErrors,
    citadel_server_success_cert_issuance_count: ca.issued,
    heddle_ca_rate_limited_total: certificates.rateLimited,
    heddle_ca_queue_full_total: certificates.queueFull,
    heddle_ca_ignored_wishes_total: ca.ignoredWishes,
    heddle_ca_jwt_issued_total: ca.jwtIssued,
  }
  const gauges: Readonly<Record<string, number>> = {
    citadel_server_root_cert_expiry_timestamp: Math.floor(ca.rootNotAfterMs / 1000),
    citadel_server_cert_chain_expiry_timestamp: Math.floor(ca.chainNotAfterMs / 1000),
    heddle_ca_denied: ca.denied,
    heddle_ca_expiry_alarms: ca.expiryAlarms,
  }
  const render = (type: string, values: Readonly<Record<string, number>>): readonly string[] =>
    Object.entries(values).flatMap(([name, value]) => [`# TYPE ${name} ${type}`, `${name} ${value}`])
  return [...render('counter', counters), ...render('gauge', gauges)]
}
