/** Rules of MeshConfig and of the settings of proxies in it, and of an IstioOperator that holds them. */
import { parseDuration } from '@heddle/base'
import type { IstioOperator, MeshConfig, MeshProxyConfig } from '../gen/types.js'
import { clip } from '../model/clip.js'
import { isDnsLabel, isFqdn, isIpAddress } from '../model/host-format.js'
import type { FaultList } from '../validate/fault.js'
import { checkConnectionPool } from './connection-pool.js'
import { checkPort } from './ports.js'
import { eachOf, error, warning, within } from './reporter.js'
import { checkRetries } from './retries.js'

const hourMs = 3_600_000
const curves = new Set(['P-256', 'P-384', 'P-521', 'X25519', 'X25519MLKEM768'])

export function checkIstioOperator({ spec = {} }: IstioOperator, faults: FaultList): void {
  const { meshConfig } = spec
  if (meshConfig) within(faults, ['spec', 'meshConfig'], () => checkMeshConfig(meshConfig, faults))
}

export function checkMeshConfig(config: MeshConfig, faults: FaultList): void {
  checkPort(config.proxyListenPort, ['proxyListenPort'], faults)
  checkPort(config.proxyInboundListenPort, ['proxyInboundListenPort'], faults)
  const timeout = config.connectTimeout === undefined ? undefined : parseDuration(config.connectTimeout)
  if (timeout?.ok === true && timeout.ms > hourMs)
    error(faults, 'mesh-config/connect-timeout', ['connectTimeout'], 'A connection attempt may take an hour at most.', {
      expected: '1ms to 1h',
    })
  if (config.trustDomain !== undefined) checkTrustDomain(config.trustDomain, ['trustDomain'], faults)
  config.trustDomainAliases?.forEach((domain, index) => checkTrustDomain(domain, ['trustDomainAliases', index], faults))
  if (config.defaultConfig) within(faults, ['defaultConfig'], () => checkMeshProxyConfig(config.defaultConfig ?? {}, faults))
  for (const name of ['defaultHttpRetryPolicy', 'defaultInboundHttpRetryPolicy'] as const) checkRetries(config[name], faults, name)
  const pool = config.defaultTrafficPolicy?.connectionPool
  if (pool) within(faults, ['defaultTrafficPolicy', 'connectionPool'], () => checkConnectionPool(pool, faults))
  for (const name of ['meshMTLS', 'tlsDefaults'] as const)
    within(faults, [name], () =>
      eachOf(faults, 'ecdhCurves', config[name]?.ecdhCurves, (curve) => {
        if (!curves.has(curve))
          warning(faults, 'mesh-config/ecdh-curve', [], `"${clip(curve)}" is not a curve that proxies know; it is left out.`, {
            expected: [...curves].join(', '),
          })
      }),
    )
}

export function checkMeshProxyConfig(config: MeshProxyConfig, faults: FaultList): void {
  checkPort(config.proxyAdminPort, ['proxyAdminPort'], faults, 0)
  checkPort(config.statusPort, ['statusPort'], faults, 0)
  if (config.serviceCluster === '') error(faults, 'missing-field', ['serviceCluster'], 'serviceCluster may not be empty.', { part: 'key' })
  for (const name of ['discoveryAddress', 'statsdUdpAddress'] as const) checkAddress(config[name], [name], faults)
  checkAddress(config.tracing?.zipkin?.address, ['tracing', 'zipkin', 'address'], faults)
  if ((config.concurrency ?? 0) < 0) error(faults, 'out-of-range', ['concurrency'], 'The number of worker threads cannot be negative.')
}

function checkTrustDomain(domain: string, below: readonly (string | number)[], faults: FaultList): void {
  if (domain !== '' && domain.split('.').every(isDnsLabel)) return
  error(faults, 'mesh-config/trust-domain', below, `"${clip(domain)}" is not a trust domain.`, { expected: 'a name such as cluster.local' })
}

/** HOST:PORT; variables such as $(HOST_IP) are filled in by proxies. */
function checkAddress(address: string | undefined, below: readonly string[], faults: FaultList): void {
  if (address === undefined || address === '') return
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, Math.max(0, colon)).replace(/^\[(.*)\]$/, '$1')
  const port = address.slice(colon + 1)
  const isHost = host.startsWith('$(') || isIpAddress(host) || isFqdn(host)
  if (colon > 0 && isHost && /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) return
  error(faults, 'mesh-config/address', below, `"${clip(address)}" is not HOST:PORT.`, {
    expected: 'HOST:PORT such as istiod.istio-system.svc:15012',
  })
}
