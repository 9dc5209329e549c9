/** The control plane's own metrics, under istiod's names, in Prometheus' text format. */
import type { Discovery } from '../push/discovery.js'
import { syncStatusOf } from './sync-status.js'

export interface CertificateCounters {
  csrCount: number
  successCount: number
  refusedCount: number
}

export function renderPilotMetrics(discovery: Discovery, certificates: CertificateCounters, version: string): string {
  const proxies = discovery.proxies()
  const services = discovery.snapshot().services.length
  const rejects = proxies.filter((proxy) => Object.values(syncStatusOf(proxy).types).some(({ state }) => state === 'ERROR')).length
  return [
    '# TYPE istio_build gauge',
    `istio_build{component="pilot",tag="${version}"} 1`,
    '# TYPE pilot_xds gauge',
    `pilot_xds{version="${version}"} ${proxies.length}`,
    '# TYPE pilot_services gauge',
    `pilot_services ${services}`,
    '# TYPE pilot_pushes_total counter',
    `pilot_pushes_total ${discovery.pushCount}`,
    '# TYPE pilot_proxies_rejecting gauge',
    `pilot_proxies_rejecting ${rejects}`,
    '# TYPE citadel_server_csr_count counter',
    `citadel_server_csr_count ${certificates.csrCount}`,
    '# TYPE citadel_server_success_cert_issuance_count counter',
    `citadel_server_success_cert_issuance_count ${certificates.successCount}`,
    '# TYPE citadel_server_csr_sign_err_count counter',
    `citadel_server_csr_sign_err_count ${certificates.refusedCount}`,
    '',
  ].join('\n')
}
