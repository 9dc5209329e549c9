/** Rules of DestinationRule: subsets, and policies for the whole host, for a subset and for a port. */
import type { DestinationRule, OutlierDetection, PortTrafficPolicy, Subset, TrafficPolicy } from '../gen/types.js'
import { clip } from '../model/clip.js'
import { isIpAddress } from '../model/host-format.js'
import { formatRules } from '../model/string-format.js'
import type { FaultList } from '../validate/fault.js'
import { checkClientTls } from './client-tls.js'
import { checkConnectionPool } from './connection-pool.js'
import { checkExportTo } from './export-to.js'
import { checkPercent } from './percentage.js'
import { checkLoadBalancer } from './load-balancer.js'
import { checkSelector } from './peer-authentication.js'
import { eachOf, error, firstPlaces, warning, within } from './reporter.js'

export function checkDestinationRule(resource: DestinationRule, faults: FaultList): void {
  const spec = resource.spec ?? {}
  const namespace = resource.metadata?.namespace
  within(faults, ['spec'], () => {
    if (spec.trafficPolicy)
      within(faults, ['trafficPolicy'], () => checkTrafficPolicy(spec.trafficPolicy as TrafficPolicy, namespace, faults))
    checkSubsets(spec.subsets, namespace, faults)
    checkSelector(spec.workloadSelector, 'workloadSelector', faults)
    if (spec.workloadSelector && (spec.exportTo ?? []).some((entry) => entry !== '.' && entry !== namespace)) {
      error(
        faults,
        'destination-rule/selector-export',
        ['exportTo'],
        'With a workloadSelector the rule holds in its own namespace only; exportTo must be ["."].',
        { part: 'key' },
      )
    }
  })
  checkExportTo(spec.exportTo, namespace, faults)
}

function checkSubsets(subsets: readonly Subset[] | undefined, namespace: string | undefined, faults: FaultList): void {
  const names = firstPlaces<string>()
  eachOf(faults, 'subsets', subsets, (subset) => {
    const first = subset.name === undefined ? undefined : names.take(subset.name, faults, 'name')
    if (first !== undefined) {
      const message = `The subset "${clip(subset.name)}" stands twice; each needs a name of its own.`
      error(faults, 'destination-rule/duplicate-subset', ['name'], message, first)
    }
    if (subset.trafficPolicy)
      within(faults, ['trafficPolicy'], () => checkTrafficPolicy(subset.trafficPolicy as TrafficPolicy, namespace, faults))
  })
}

function checkTrafficPolicy(policy: TrafficPolicy, namespace: string | undefined, faults: FaultList): void {
  if (Object.keys(policy).length === 0)
    error(faults, 'destination-rule/empty-policy', [], 'The traffic policy is empty: set something in it, or remove it.')
  checkPolicy(policy, namespace, faults)
  eachOf(faults, 'portLevelSettings', policy.portLevelSettings, (settings) => {
    if (settings.port?.number === undefined)
      error(faults, 'missing-field', ['port'], 'Settings of a port need port.number.', { part: 'key', expected: 'port.number' })
    const rest = Object.keys(settings).filter((key) => key !== 'port')
    if (rest.length === 0)
      error(faults, 'destination-rule/empty-policy', [], 'The settings of this port are empty: set something in them, or remove them.')
    checkPolicy(settings, namespace, faults)
  })
  if (policy.tunnel && policy.proxyProtocol)
    error(faults, 'destination-rule/tunnel-or-proxy-protocol', ['proxyProtocol'], 'Only one of tunnel and proxyProtocol may be set.', {
      part: 'key',
    })
  checkTunnel(policy, faults)
}

function checkPolicy(policy: PortTrafficPolicy, namespace: string | undefined, faults: FaultList): void {
  const { loadBalancer, connectionPool, outlierDetection, tls } = policy
  if (loadBalancer) within(faults, ['loadBalancer'], () => checkLoadBalancer(loadBalancer, outlierDetection !== undefined, faults))
  if (connectionPool) within(faults, ['connectionPool'], () => checkConnectionPool(connectionPool, faults))
  if (outlierDetection) within(faults, ['outlierDetection'], () => checkOutlierDetection(outlierDetection, faults))
  if (tls) within(faults, ['tls'], () => checkClientTls(tls, faults, namespace))
}

function checkOutlierDetection(detection: OutlierDetection, faults: FaultList): void {
  checkPercent(detection.maxEjectionPercent, ['maxEjectionPercent'], faults)
  checkPercent(detection.minHealthPercent, ['minHealthPercent'], faults)
  if ((detection.consecutiveLocalOriginFailures ?? 0) > 0 && detection.splitExternalLocalOriginErrors !== true) {
    error(
      faults,
      'outlier-detection/split',
      ['consecutiveLocalOriginFailures'],
      'Failures of local origin are counted apart only with splitExternalLocalOriginErrors: true.',
      { part: 'key' },
    )
  }
  if ((detection.consecutiveErrors ?? 0) < 0) error(faults, 'out-of-range', ['consecutiveErrors'], 'consecutiveErrors cannot be negative.')
  if (Object.keys(detection).length === 0)
    warning(faults, 'outlier-detection/defaults', [], 'An empty outlierDetection turns on ejection after 5 consecutive 5xx errors.')
}

function checkTunnel({ tunnel }: TrafficPolicy, faults: FaultList): void {
  if (tunnel === undefined) return
  within(faults, ['tunnel'], () => {
    const protocol = tunnel.protocol ?? ''
    if (!['', 'CONNECT', 'POST'].includes(protocol))
      error(faults, 'bad-enum', ['protocol'], `"${clip(protocol)}" is not a way to tunnel.`, { expected: 'CONNECT or POST' })
    const host = tunnel.targetHost
    const isHost =
      host === undefined || isIpAddress(host) || (!host.includes('*') && formatRules['wildcard-host'].check(host) === undefined)
    if (!isHost)
      error(faults, 'bad-host', ['targetHost'], `"${clip(host)}" is neither a host name nor an IP address.`, {
        expected: 'a host name or an IP address',
      })
  })
}
