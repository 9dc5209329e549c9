/** Rules of Sidecar: what proxies accept and what they reach. */
import type {
  ConnectionPoolSettings,
  IstioEgressListener,
  IstioIngressListener,
  NetworkingWorkloadSelector,
  OutboundTrafficPolicy,
  ServerTLSSettings,
  Sidecar,
  SidecarSpec,
} from '../gen/types.js'
import { clip } from '../model/clip.js'
import { isDnsLabel, isFqdn, isIpAddress } from '../model/host-format.js'
import { formatRules } from '../model/string-format.js'
import type { FaultList } from '../validate/fault.js'
import { checkConnectionPool } from './connection-pool.js'
import { checkBind, checkBoundPort, isUnixSocket, unixProblem } from './ports.js'
import { checkProtocol, isHttpProtocol, isTlsProtocol } from './protocols.js'
import { eachOf, error, firstPlaces, warning, within } from './reporter.js'
import { checkServerTls } from './server-tls.js'

export function checkSidecar({ metadata, spec }: Sidecar, faults: FaultList): void {
  within(faults, ['spec'], () => {
    if (Object.entries(spec).every(([name, value]) => name === 'workloadSelector' || (Array.isArray(value) && value.length === 0)))
      error(faults, 'sidecar/empty', [], 'The Sidecar says nothing: set ingress, egress or a policy.')
    checkLabelsSelector(spec.workloadSelector, faults)
    checkIngress(spec, faults)
    checkEgress(spec.egress, metadata?.namespace ?? '', faults)
    if (spec.inboundConnectionPool)
      within(faults, ['inboundConnectionPool'], () => checkConnectionPool(spec.inboundConnectionPool ?? {}, faults))
    checkPolicy(spec.outboundTrafficPolicy, faults)
  })
}

export function checkLabelsSelector(selector: NetworkingWorkloadSelector | undefined, faults: FaultList): void {
  if (selector !== undefined && Object.keys(selector.labels ?? {}).length === 0)
    warning(faults, 'selector-empty', ['workloadSelector'], 'The selector has no labels, so it selects every workload.')
}

function checkIngress({ ingress }: SidecarSpec, faults: FaultList): void {
  const seen = firstPlaces<number>()
  ingress?.forEach((listener, index) => {
    const number = listener.port?.number
    const first = number === undefined ? undefined : seen.take(number, faults, 'ingress', index, 'port', 'number')
    if (first !== undefined)
      error(faults, 'sidecar/duplicate-port', ['ingress', index, 'port', 'number'], `The port ${number} stands twice.`, first)
    within(faults, ['ingress', index], () => checkIngressListener(listener, faults))
  })
}

function checkIngressListener({ port, bind, defaultEndpoint, tls, connectionPool }: IstioIngressListener, faults: FaultList): void {
  const protocol = (port?.protocol ?? '').toUpperCase()
  if (port?.number === undefined)
    error(faults, 'missing-field', ['port', 'number'], 'The listener needs the number of its port.', {
      part: 'key',
      expected: 'a port number',
    })
  checkBoundPort(port?.number, undefined, ['port', 'number'], faults)
  if (protocol !== '') checkProtocol(port?.protocol, ['port', 'protocol'], faults)
  if (bind !== undefined && bind !== '' && !isIpAddress(bind))
    error(faults, 'bad-address', ['bind'], `"${clip(bind)}" is not an address.`, { expected: 'an IP address' })
  checkDefaultEndpoint(defaultEndpoint, faults)
  if (tls) checkIngressTls(tls, protocol, faults)
  if (connectionPool) checkPool(connectionPool, protocol, faults)
}

function checkPool(pool: ConnectionPoolSettings, protocol: string, faults: FaultList): void {
  within(faults, ['connectionPool'], () => checkConnectionPool(pool, faults))
  if (pool.http !== undefined && protocol !== '' && !isHttpProtocol(protocol))
    warning(faults, 'sidecar/http-pool', ['connectionPool', 'http'], `Limits of HTTP have no effect on a port with protocol ${protocol}.`, {
      part: 'key',
    })
}

const localAddress = /^(?:127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\[::\]):(\d{1,5})$/

function checkDefaultEndpoint(endpoint: string | undefined, faults: FaultList): void {
  if (endpoint === undefined || endpoint === '') return
  const expected = '127.0.0.1:PORT, 0.0.0.0:PORT, [::1]:PORT, [::]:PORT or unix:///PATH'
  const problem = isUnixSocket(endpoint) ? unixProblem(endpoint) : undefined
  const port = Number(localAddress.exec(endpoint)?.[1])
  if (problem !== undefined) error(faults, 'bad-address', ['defaultEndpoint'], problem, { expected })
  else if (!isUnixSocket(endpoint) && !(port >= 1 && port <= 65_535))
    error(faults, 'bad-address', ['defaultEndpoint'], `"${clip(endpoint)}" is not where an application of the same Pod listens.`, {
      expected,
    })
}

function checkIngressTls(tls: ServerTLSSettings, protocol: string, faults: FaultList): void {
  if (!isTlsProtocol(protocol))
    error(faults, 'sidecar/tls-protocol', ['tls'], `TLS settings need protocol HTTPS or TLS, not ${protocol === '' ? 'none' : protocol}.`, {
      part: 'key',
    })
  within(faults, ['tls'], () => {
    checkServerTls(tls, faults)
    for (const name of ['httpsRedirect', 'subjectAltNames', 'credentialName', 'credentialNames'] as const) {
      const value = tls[name]
      if (value !== undefined && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0))
        error(faults, 'sidecar/tls-field', [name], `"${name}" is for gateways only.`, { part: 'key' })
    }
    if (tls.mode === 'ISTIO_MUTUAL' || tls.mode === 'AUTO_PASSTHROUGH')
      error(faults, 'sidecar/tls-mode', ['mode'], `Mode ${tls.mode} is for gateways only.`, { expected: 'SIMPLE or MUTUAL' })
  })
}

function checkEgress(egress: readonly IstioEgressListener[] | undefined, home: string, faults: FaultList): void {
  const ports = firstPlaces<number>()
  const sockets = firstPlaces<string>()
  egress?.forEach((listener, index) => {
    const isLast = index === egress.length - 1
    const number = listener.port?.number
    if (listener.port === undefined && !isLast)
      error(
        faults,
        'sidecar/port-required',
        ['egress', index],
        'Only the last egress entry may leave out its port: it is for all other ports.',
        {
          expected: 'a port',
        },
      )
    const first = number === undefined || number === 0 ? undefined : ports.take(number, faults, 'egress', index, 'port', 'number')
    if (first !== undefined)
      error(faults, 'sidecar/duplicate-port', ['egress', index, 'port', 'number'], `The port ${number} stands twice.`, first)
    const { bind = '' } = listener
    const sameSocket = isUnixSocket(bind) ? sockets.take(bind, faults, 'egress', index, 'bind') : undefined
    if (sameSocket !== undefined)
      error(faults, 'sidecar/duplicate-port', ['egress', index, 'bind'], `The socket ${clip(bind)} stands twice.`, sameSocket)
    within(faults, ['egress', index], () => {
      checkEgressPort(listener, faults)
      checkEgressHosts(listener.hosts, home, faults)
    })
  })
}

function checkEgressPort({ port, bind, captureMode }: IstioEgressListener, faults: FaultList): void {
  if (port === undefined) {
    if (bind !== undefined && bind !== '')
      error(faults, 'sidecar/bind-without-port', ['bind'], 'An entry without a port is for all ports and binds nothing.', { part: 'key' })
    return
  }
  checkBoundPort(port.number ?? 0, bind, ['port', 'number'], faults)
  if (port.protocol !== undefined && port.protocol !== '') checkProtocol(port.protocol, ['port', 'protocol'], faults)
  checkBind(bind, faults)
  if (isUnixSocket(bind) && captureMode === 'IPTABLES')
    error(faults, 'sidecar/capture-mode', ['captureMode'], 'Traffic to a unix socket cannot be captured.', { expected: 'DEFAULT or NONE' })
}

function checkEgressHosts(hosts: readonly string[] | undefined, home: string, faults: FaultList): void {
  if (hosts?.length === 0)
    error(faults, 'sidecar/hosts-required', ['hosts'], 'An egress entry needs at least one host.', {
      part: 'key',
      expected: 'NAMESPACE/HOST',
      suggestion: '- "*/*"',
    })
  const seen = firstPlaces<string>()
  const named = new Set(hosts?.map((host) => host.replace(/^\.\//, `${home}/`)))
  eachOf(faults, 'hosts', hosts, (host) => {
    checkEgressHost(host, faults)
    const whole = host.startsWith('./') ? host.replace(/^\./, home) : host
    const everything = `${whole.slice(0, whole.indexOf('/'))}/*`
    const first = seen.take(host, faults)
    if (first !== undefined) warning(faults, 'sidecar/duplicate-host', [], `"${clip(host)}" stands twice.`, first)
    else if (everything !== whole && everything !== '*/*' && named.has(everything))
      warning(faults, 'sidecar/duplicate-host', [], `Another entry already means every host of that namespace.`)
  })
  const all = hosts?.indexOf('*/*') ?? -1
  if (all >= 0 && new Set(hosts).size > 1 && hosts?.every((host) => !host.startsWith('~')))
    warning(faults, 'sidecar/all-hosts', ['hosts', all], '"*/*" already means every host; the other entries have no effect.')
}

/** A name with dots is a host; a single word is a namespace, of which everything is meant. */
function inSomeNamespace(text: string): { readonly suggestion?: string } {
  if (text === '*') return { suggestion: '*/*' }
  const namespace = text.replace(/\*$/, '')
  if (namespace === '.' || namespace === '~' || isDnsLabel(namespace)) return { suggestion: `${namespace}/*` }
  return formatRules['wildcard-host'].check(text) === undefined ? { suggestion: `*/${text}` } : {}
}

function checkEgressHost(host: string, faults: FaultList): void {
  const expected = 'NAMESPACE/HOST, such as ./*, prod/*.example.com or */*'
  const slash = host.indexOf('/')
  const namespace = host.slice(0, Math.max(0, slash))
  const name = host.slice(slash + 1)
  if (slash < 0 || name.includes('/')) {
    error(faults, 'sidecar/host', [], `"${clip(host)}" does not say in which namespace; expected ${expected}.`, {
      expected,
      ...(slash < 0 ? inSomeNamespace(clip(host)) : {}),
    })
    return
  }
  if (!['*', '.', '~'].includes(namespace) && !isDnsLabel(namespace.replace(/^~/, '')))
    error(faults, 'sidecar/host', [], `"${clip(host)}": the part before "/" is a namespace, "*", "." or "~".`, { expected })
  if (name === '*' || isIpAddress(name)) return
  const problem = formatRules['wildcard-host'].check(name)
  if (problem !== undefined) error(faults, 'bad-host', [], `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`, { expected })
  else if (/^\*[^.]/.test(name))
    error(faults, 'bad-host', [], `"${clip(name)}": "*" stands for whole labels here and is followed by a dot.`, { expected })
  else if (!name.includes('.'))
    error(faults, 'bad-host', [], `"${clip(name)}" is a short name; here the full host name is needed.`, {
      expected: `a full name such as ${clip(name)}.NAMESPACE.svc.cluster.local`,
    })
}

function checkPolicy(policy: OutboundTrafficPolicy | undefined, faults: FaultList): void {
  if (policy === undefined) return
  within(faults, ['outboundTrafficPolicy'], () => {
    if (policy.mode === undefined)
      warning(faults, 'sidecar/policy-mode', [], 'A policy without a mode is REGISTRY_ONLY: traffic to unknown hosts is refused.', {
        expected: 'mode ALLOW_ANY or REGISTRY_ONLY',
      })
    const proxy = policy.egressProxy
    if (proxy === undefined) return
    if (policy.mode !== 'ALLOW_ANY')
      error(faults, 'sidecar/egress-proxy', ['egressProxy'], 'egressProxy needs mode ALLOW_ANY.', { part: 'key' })
    if (proxy.host !== undefined && !isFqdn(proxy.host))
      error(faults, 'bad-host', ['egressProxy', 'host'], 'The egress proxy is one full host name.', { expected: 'a host name' })
    if (proxy.port?.number === undefined)
      error(faults, 'missing-field', ['egressProxy', 'port'], 'The egress proxy needs its port.', {
        part: 'key',
        expected: 'a port number',
      })
  })
}
