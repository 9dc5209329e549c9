/** Rules of the Gateway API's Gateway and ListenerSet: listeners that can be told apart, with TLS where it belongs. */
import { nearest } from '@heddle/base'
import type {
  AllowedRoutes,
  Gateway,
  GatewayAddress,
  Listener,
  ListenerEntry,
  ListenerSet,
  ListenerTLSConfig,
} from '../../gen/gateway-api-types.js'
import { clip } from '../../model/clip.js'
import { isIpAddress } from '../../model/host-format.js'
import { formatRules } from '../../model/string-format.js'
import type { FaultList } from '../../validate/fault.js'
import { eachOf, error, firstPlaces, warning, within } from '../reporter.js'

export function checkGateway({ spec }: Gateway, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkListeners(spec.listeners, faults)
    checkAddresses(spec.addresses, faults)
    const ports = firstPlaces<number>()
    within(faults, ['tls', 'frontend'], () =>
      eachOf(faults, 'perPort', spec.tls?.frontend?.perPort, ({ port }) => {
        const first = port === undefined ? undefined : ports.take(port, faults, 'port')
        if (first !== undefined) error(faults, 'gateway-api/duplicate-port', ['port'], `The port ${port} stands twice.`, first)
      }),
    )
  })
}

export function checkListenerSet({ spec }: ListenerSet, faults: FaultList): void {
  within(faults, ['spec'], () => checkListeners(spec.listeners, faults))
}

function checkListeners(listeners: readonly (Listener | ListenerEntry)[] | undefined, faults: FaultList): void {
  const names = new Map<string, number>()
  const places = new Map<string, number>()
  listeners?.forEach((listener, index) => {
    const { name, port, protocol, hostname = '' } = listener
    const place = port === undefined || port === 0 || protocol === undefined ? undefined : `${port} ${protocol} ${hostname}`
    checkFirst(names, name, index, faults, `The listener name "${clip(name ?? '')}" stands twice.`, 'name')
    checkFirst(
      places,
      place,
      index,
      faults,
      'Two listeners have the same port, protocol and hostname; a request could not tell them apart.',
    )
    within(faults, ['listeners', index], () => checkListener(listener, faults))
  })
}

function checkFirst(
  seen: Map<string, number>,
  key: string | undefined,
  index: number,
  faults: FaultList,
  message: string,
  field?: string,
): void {
  if (key === undefined) return
  const first = seen.get(key)
  if (first === undefined) {
    seen.set(key, index)
    return
  }
  error(faults, 'gateway-api/duplicate-listener', ['listeners', index, ...(field === undefined ? [] : [field])], message, {
    related: [{ path: [...faults.path, 'listeners', first], message: 'The first of the two.' }],
  })
}

/** HBONE is Istio's; implementations may have more of their own, so only what looks misspelt is said. */
const protocols = ['HTTP', 'HTTPS', 'TLS', 'TCP', 'UDP', 'HBONE']

function checkProtocolName(protocol: string | undefined, faults: FaultList): void {
  const suggestion = protocol === undefined || protocols.includes(protocol) ? undefined : nearest(protocol, protocols)
  if (protocol === undefined || suggestion === undefined) return
  const message = `"${clip(protocol)}" is not a protocol of the Gateway API, and few implementations will know it.`
  warning(faults, 'gateway-api/protocol', ['protocol'], message, { suggestion, expected: 'HTTP, HTTPS, TLS, TCP or UDP' })
}

function checkListener(listener: Listener | ListenerEntry, faults: FaultList): void {
  checkListenerTls(listener, faults)
  checkProtocolName(listener.protocol, faults)
  const { protocol, hostname = '', allowedRoutes } = listener
  if ((protocol === 'TCP' || protocol === 'UDP') && hostname !== '')
    error(faults, 'gateway-api/hostname-protocol', ['hostname'], `With protocol ${protocol} nobody says a host name.`, { part: 'key' })
  if (isIpAddress(hostname)) error(faults, 'bad-host', ['hostname'], `"${clip(hostname)}" is an address; a hostname is a name.`)
  checkAllowed(allowedRoutes, faults)
}

function checkListenerTls({ protocol, tls }: Listener | ListenerEntry, faults: FaultList): void {
  if (tls === undefined) {
    if (protocol === 'TLS') reportMissingTls(protocol, error, faults)
    if (protocol === 'HTTPS') reportMissingTls(protocol, warning, faults)
    return
  }
  if (protocol === 'HTTP' || protocol === 'TCP' || protocol === 'UDP')
    error(faults, 'gateway-api/tls-protocol', ['tls'], `A listener with protocol ${protocol} is not encrypted; for TLS use HTTPS or TLS.`, {
      part: 'key',
    })
  if (protocol === 'HTTPS' && tls.mode === 'Passthrough')
    error(
      faults,
      'gateway-api/https-mode',
      ['tls', 'mode'],
      'HTTPS is read by the gateway, so its mode is Terminate; to pass TLS on use protocol TLS.',
      { expected: 'Terminate' },
    )
  within(faults, ['tls'], () => checkTls(tls, faults))
}

/** An API server accepts HTTPS without it, and the listener then never works. */
function reportMissingTls(protocol: string, report: typeof error, faults: FaultList): void {
  report(faults, 'gateway-api/tls-required', ['tls'], `A listener with protocol ${protocol} needs tls.`, {
    part: 'key',
    expected: 'tls with certificateRefs',
  })
}

function checkTls({ mode = 'Terminate', certificateRefs = [], options = {} }: ListenerTLSConfig, faults: FaultList): void {
  if (mode === 'Terminate' && certificateRefs.length === 0 && Object.keys(options).length === 0)
    error(faults, 'gateway-api/certificate-required', ['certificateRefs'], 'To end TLS here the listener needs a certificate.', {
      part: 'key',
      expected: 'certificateRefs',
    })
}

function checkAllowed(allowed: AllowedRoutes | undefined, faults: FaultList): void {
  const { from = 'Same', selector } = allowed?.namespaces ?? {}
  if (from === 'Selector' && selector === undefined)
    warning(faults, 'gateway-api/selector', ['allowedRoutes', 'namespaces', 'selector'], 'from: Selector needs a selector of namespaces.', {
      part: 'key',
      expected: 'matchLabels or matchExpressions',
    })
}

function checkAddresses(addresses: readonly GatewayAddress[] | undefined, faults: FaultList): void {
  const seen = firstPlaces<string>()
  eachOf(faults, 'addresses', addresses, ({ type = 'IPAddress', value = '' }) => {
    if (value === '') return
    if (type === 'IPAddress' && !isIpAddress(value))
      error(faults, 'bad-address', ['value'], `"${clip(value)}" is not an IP address.`, { expected: 'an IP address, or type: Hostname' })
    const problem = type === 'Hostname' ? formatRules['gateway-hostname'].check(value) : undefined
    if (problem !== undefined) error(faults, 'bad-host', ['value'], `${problem}; expected ${formatRules['gateway-hostname'].expected}.`)
    const first = seen.take(`${type} ${value}`, faults, 'value')
    if (first !== undefined) error(faults, 'gateway-api/duplicate-address', ['value'], `"${clip(value)}" stands twice.`, first)
  })
}
