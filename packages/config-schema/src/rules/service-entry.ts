/** Rules of ServiceEntry: hosts, addresses and ports that go together with the way endpoints are found. */
import type { ServiceEntry, ServiceEntryPort, ServiceEntrySpec } from '../gen/types.js'
import { clip } from '../model/clip.js'
import { isDnsLabel } from '../model/host-format.js'
import { formatRules } from '../model/string-format.js'
import type { FaultList } from '../validate/fault.js'
import { checkExportTo } from './export-to.js'
import { checkPort } from './ports.js'
import { checkProtocol, isHttpProtocol, isProtocol, isTlsProtocol } from './protocols.js'
import { eachOf, earlier, error, firstPlaces, warning, within } from './reporter.js'
import { checkResolution } from './service-entry-resolution.js'

export function checkServiceEntry({ spec, metadata }: ServiceEntry, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkHosts(spec, faults)
    checkAddresses(spec, faults)
    checkPorts(spec.ports, faults)
    checkEndpointSource(spec, faults)
    checkManyHosts(spec, faults)
    checkResolution(spec, faults)
    if (metadata?.labels?.['networking.istio.io/enable-autoallocate-ip'] === 'false') checkTcpAddress(spec, faults)
  })
  checkExportTo(spec.exportTo, metadata?.namespace, faults, true)
}

function checkHosts({ hosts, resolution }: ServiceEntrySpec, faults: FaultList): void {
  eachOf(faults, 'hosts', hosts, (host) => {
    if (host === '*') {
      error(faults, 'service-entry/wildcard-host', [], 'The host "*" would stand for every service; name a host or a domain.', {
        expected: 'a host name or *.DOMAIN',
      })
      return
    }
    const problem = formatRules['wildcard-host'].check(host)
    if (problem !== undefined)
      error(
        faults,
        'bad-host',
        [],
        `${problem.charAt(0).toUpperCase()}${problem.slice(1)}; expected ${formatRules['wildcard-host'].expected}.`,
        {
          expected: formatRules['wildcard-host'].expected,
        },
      )
    else if (host.startsWith('*') && !host.startsWith('*.') && resolution !== 'DYNAMIC_DNS')
      warning(
        faults,
        'service-entry/partial-wildcard',
        [],
        `"${clip(host)}": proxies match wildcards by whole parts only, as in *.example.com.`,
      )
  })
}

function checkAddresses({ addresses, resolution = 'NONE' }: ServiceEntrySpec, faults: FaultList): void {
  eachOf(faults, 'addresses', addresses, (address) => {
    if (address.includes('/') && resolution !== 'NONE' && resolution !== 'STATIC')
      error(
        faults,
        'service-entry/range-resolution',
        [],
        `"${clip(address)}" is a range; with resolution ${resolution} addresses must be single.`,
        { dependsOn: [...faults.path.slice(0, -2), 'resolution'] },
      )
  })
}

function checkPorts(ports: readonly ServiceEntryPort[] | undefined, faults: FaultList): void {
  const numbers = firstPlaces<number>()
  const names = firstPlaces<string>()
  ports?.forEach((port, index) => {
    const { number, name } = port
    const sameNumber = number === undefined ? undefined : numbers.take(number, faults, 'ports', index, 'number')
    const sameName = name === undefined ? undefined : names.take(name, faults, 'ports', index, 'name')
    if (sameNumber !== undefined)
      error(faults, 'service-entry/duplicate-port', ['ports', index, 'number'], `The port ${number} stands twice.`, sameNumber)
    if (sameName !== undefined)
      error(faults, 'service-entry/duplicate-port', ['ports', index, 'name'], `The port name "${clip(name)}" stands twice.`, sameName)
    within(faults, ['ports', index], () => checkOnePort(port, faults))
  })
}

function checkOnePort({ number, name, protocol, targetPort }: ServiceEntryPort, faults: FaultList): void {
  checkPort(number, ['number'], faults)
  checkPort(targetPort, ['targetPort'], faults)
  if (protocol !== '') checkProtocol(protocol, ['protocol'], faults)
  if (name !== undefined && name !== '' && !isDnsLabel(name))
    error(faults, 'bad-name', ['name'], `"${clip(name)}" cannot be the name of a port; expected ${formatRules['dns-label'].expected}.`, {
      expected: formatRules['dns-label'].expected,
    })
}

function checkEndpointSource({ endpoints, workloadSelector }: ServiceEntrySpec, faults: FaultList): void {
  if (workloadSelector === undefined) return
  if ((endpoints ?? []).length > 0)
    error(faults, 'service-entry/endpoints-or-selector', ['workloadSelector'], 'Only one of endpoints and workloadSelector may be set.', {
      part: 'key',
      ...earlier(faults, 'The endpoints.', 'endpoints'),
    })
  if (Object.keys(workloadSelector.labels ?? {}).length === 0)
    warning(faults, 'selector-empty', ['workloadSelector'], 'The selector has no labels, so it selects every workload.')
}

/** Without a server name or Host header a proxy cannot tell for which of the hosts a connection is. */
function checkManyHosts({ hosts = [], ports = [], resolution = 'NONE' }: Partial<ServiceEntrySpec>, faults: FaultList): void {
  if (hosts.length < 2 || resolution === 'NONE') return
  const index = ports.findIndex(({ protocol }) => {
    const name = (protocol ?? '').toUpperCase()
    return !isHttpProtocol(name) && !isTlsProtocol(name) && (name === '' || isProtocol(name))
  })
  if (index >= 0)
    error(
      faults,
      'service-entry/many-hosts',
      ['ports', index],
      'With several hosts every port must be HTTP or TLS: other protocols do not say which host is meant.',
      {
        expected: 'protocol HTTP, HTTP2, GRPC, HTTPS or TLS, or one host',
      },
    )
}

function checkTcpAddress({ addresses = [], ports = [] }: ServiceEntrySpec, faults: FaultList): void {
  const index = ports.findIndex(({ protocol }) => {
    const name = (protocol ?? '').toUpperCase()
    return !isHttpProtocol(name) && !isTlsProtocol(name) && (name === '' || isProtocol(name))
  })
  if (addresses.length === 0 && index >= 0)
    warning(
      faults,
      'service-entry/address-needed',
      ['ports', index],
      'Without an address of the service every connection to this port is taken for this service.',
    )
}
