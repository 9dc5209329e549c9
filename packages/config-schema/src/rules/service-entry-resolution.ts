/** What each resolution of a ServiceEntry asks of its hosts, addresses and endpoints. */
import { nearest } from '@heddle/base'
import type { ServiceEntryPort, ServiceEntrySpec, WorkloadEntrySpec } from '../gen/types.js'
import { clip } from '../model/clip.js'
import { isDnsLabel, isFqdn, isIpAddress } from '../model/host-format.js'
import type { FaultList } from '../validate/fault.js'
import { isUnixSocket } from './ports.js'
import { eachOf, error, warning } from './reporter.js'
import { checkEntry } from './workload-entry.js'

export function checkResolution(spec: ServiceEntrySpec, faults: FaultList): void {
  eachOf(faults, 'endpoints', spec.endpoints, (endpoint) => checkEndpoint(endpoint, spec, faults))
  switch (spec.resolution ?? 'NONE') {
    case 'NONE':
      return checkNone(spec, faults)
    case 'STATIC':
      return checkStatic(spec, faults)
    case 'DNS':
    case 'DNS_ROUND_ROBIN':
      return checkDns(spec, faults)
    case 'DYNAMIC_DNS':
      return checkDynamic(spec, faults)
  }
}

function checkEndpoint(endpoint: WorkloadEntrySpec, { ports, resolution }: ServiceEntrySpec, faults: FaultList): void {
  checkEntry(endpoint, faults)
  checkPortNames(endpoint, ports, faults)
  checkEndpointAddress(endpoint, resolution, faults)
}

function checkPortNames(endpoint: WorkloadEntrySpec, ports: ServiceEntrySpec['ports'], faults: FaultList): void {
  const names = (ports ?? []).flatMap(({ name }: Partial<ServiceEntryPort>) => name ?? [])
  for (const name of Object.keys(endpoint.ports ?? {})) {
    if (!isDnsLabel(name) || names.includes(name)) continue
    const meant = nearest(name, names)
    error(faults, 'service-entry/endpoint-port', ['ports', name], `The service has no port named "${clip(name)}".`, {
      part: 'key',
      expected: names.length === 0 ? 'a port that spec.ports names' : `one of ${names.join(', ')}`,
      ...(meant === undefined ? {} : { suggestion: meant }),
    })
  }
}

function checkEndpointAddress({ address = '' }: WorkloadEntrySpec, resolution: ServiceEntrySpec['resolution'], faults: FaultList): void {
  if (address === '' || isIpAddress(address)) return
  if (resolution === 'STATIC' && isFqdn(address))
    error(
      faults,
      'service-entry/static-address',
      ['address'],
      `"${clip(address)}" is no IP address; with resolution STATIC names are not looked up.`,
      {
        expected: 'an IP address, or resolution DNS',
      },
    )
  if (resolution?.includes('DNS') === true && isUnixSocket(address))
    error(faults, 'service-entry/dns-address', ['address'], 'With resolution DNS an endpoint is a host name or an IP address.')
}

function checkNone({ endpoints, workloadSelector }: ServiceEntrySpec, faults: FaultList): void {
  if ((endpoints ?? []).length > 0)
    error(
      faults,
      'service-entry/none-endpoints',
      ['endpoints'],
      'With resolution NONE traffic goes to the address that was called; endpoints need STATIC or DNS.',
      {
        part: 'key',
        expected: 'resolution STATIC or DNS',
      },
    )
  if (workloadSelector !== undefined)
    warning(
      faults,
      'service-entry/none-selector',
      ['workloadSelector'],
      'With resolution NONE the selector has no effect; set resolution STATIC.',
      { part: 'key' },
    )
}

function checkStatic({ endpoints, workloadSelector, ports }: ServiceEntrySpec, faults: FaultList): void {
  if ((endpoints ?? []).length === 0 && workloadSelector === undefined)
    warning(faults, 'service-entry/no-endpoints', [], 'With resolution STATIC and no endpoints nobody answers.')
  const index = (endpoints ?? []).findIndex(({ address }) => isUnixSocket(address))
  if (index >= 0 && ports?.length !== 1)
    error(faults, 'service-entry/unix-port', ['endpoints', index, 'address'], 'A service behind a unix socket has exactly one port.')
}

function checkDns({ hosts, endpoints = [], resolution, addresses = [], ports = [] }: ServiceEntrySpec, faults: FaultList): void {
  if (endpoints.length === 0)
    eachOf(faults, 'hosts', hosts, (host) => {
      if (host.includes('*') && host !== '*')
        error(
          faults,
          'service-entry/dns-host',
          [],
          `"${clip(host)}" cannot be looked up; with resolution DNS name the hosts, or give endpoints.`,
          {
            expected: 'a host name without "*"',
          },
        )
    })
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1)
    error(faults, 'service-entry/round-robin-endpoints', ['endpoints'], 'With resolution DNS_ROUND_ROBIN there is one endpoint at most.', {
      part: 'key',
    })
  const isTcp = ports.some(({ protocol = '' }) => ['TCP', 'HTTPS', 'TLS'].includes(protocol.toUpperCase()))
  if (addresses.length > 0 && isTcp && (hosts?.length ?? 0) > 1)
    warning(
      faults,
      'service-entry/shared-address',
      ['addresses'],
      'Connections to these addresses do not say which of the hosts is meant: the first of them gets all.',
      { part: 'key' },
    )
}

const dynamicProtocols = new Set(['HTTP', 'TLS', 'GRPC', 'HTTP2'])

function checkDynamic({ hosts, endpoints = [], addresses = [], ports }: ServiceEntrySpec, faults: FaultList): void {
  eachOf(faults, 'hosts', hosts, (host) => {
    if (!host.startsWith('*') && isFqdn(host))
      error(faults, 'service-entry/dynamic-host', [], `"${clip(host)}" is one host; resolution DYNAMIC_DNS is for wildcards.`, {
        expected: 'a host such as *.example.com',
      })
  })
  for (const [name, entries] of Object.entries({ endpoints, addresses })) {
    if (entries.length > 0)
      error(faults, 'service-entry/dynamic-fields', [name], `With resolution DYNAMIC_DNS there are no ${name}.`, { part: 'key' })
  }
  eachOf(faults, 'ports', ports, ({ protocol = '' }) => {
    if (!dynamicProtocols.has(protocol.toUpperCase()))
      error(faults, 'service-entry/dynamic-protocol', ['protocol'], 'Resolution DYNAMIC_DNS reads host names from requests.', {
        part: 'key',
        expected: 'HTTP, HTTP2, GRPC or TLS',
      })
  })
}
