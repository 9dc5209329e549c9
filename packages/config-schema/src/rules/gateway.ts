/** Rules of Gateway: servers with a known protocol, a unique name of their port, proper hosts, and TLS where it belongs. */
import type { Gateway, Server } from '../gen/types.js'
import { clip } from '../model/clip.js'
import { isDnsLabel, isIpAddress } from '../model/host-format.js'
import { formatRules } from '../model/string-format.js'
import type { FaultList } from '../validate/fault.js'
import { checkBind, checkBoundPort } from './ports.js'
import { checkProtocol, isHttpProtocol, isProtocol } from './protocols.js'
import { eachOf, error, type FirstPlaces, firstPlaces, warning, within } from './reporter.js'
import { checkServerTls } from './server-tls.js'

export function checkGateway(resource: Gateway, faults: FaultList): void {
  const name = resource.metadata?.name
  if (name?.includes('.')) {
    error(faults, 'bad-name', ['metadata', 'name'], `"${clip(name)}" cannot be the name of a Gateway; it may not hold a dot.`)
  }
  within(faults, ['spec'], () => {
    const servers = resource.spec?.servers ?? []
    if (servers.length === 0)
      error(faults, 'gateway/servers-required', ['servers'], 'A Gateway needs at least one server.', {
        part: 'key',
        expected: 'a list of servers',
      })
    const portNames = firstPlaces<string>()
    eachOf(faults, 'servers', servers, (server) => {
      checkPort(server, portNames, faults)
      checkHosts(server, faults)
      checkTlsFits(server, faults)
    })
  })
}

function checkPort({ port, bind }: Server, names: FirstPlaces<string>, faults: FaultList): void {
  if (port === undefined) return
  checkBind(bind, faults)
  checkBoundPort(port.number, bind, ['port', 'number'], faults)
  const { protocol, name } = port
  checkProtocol(protocol, ['port', 'protocol'], faults)
  if (name === '') error(faults, 'missing-field', ['port', 'name'], 'The port needs a name.', { expected: 'a name such as http' })
  const first = name ? names.take(name, faults, 'port', 'name') : undefined
  if (first !== undefined) {
    const message = `The port name "${clip(name)}" stands twice; each server needs its own.`
    error(faults, 'gateway/duplicate-port-name', ['port', 'name'], message, first)
  }
  if (port.targetPort) {
    error(
      faults,
      'gateway/target-port',
      ['port', 'targetPort'],
      'targetPort has no effect in a Gateway; the Service of the gateway decides.',
      { part: 'key' },
    )
  }
}

function checkHosts(server: Server, faults: FaultList): void {
  if (server.hosts?.length === 0)
    error(faults, 'gateway/hosts-required', ['hosts'], 'A server needs at least one host; "*" serves every host.', {
      part: 'key',
      expected: 'a list of hosts',
      suggestion: '- "*"',
    })
  eachOf(faults, 'hosts', server.hosts, (host) => {
    const slash = host.indexOf('/')
    const namespace = slash < 0 ? '*' : host.slice(0, slash)
    if (namespace !== '*' && namespace !== '.' && !isDnsLabel(namespace)) {
      error(faults, 'bad-host', [], `"${clip(host)}": the part before "/" is a namespace, "." or "*".`, {
        expected: 'HOST or NAMESPACE/HOST',
      })
    }
    const problem = hostProblem(host.slice(slash + 1))
    if (problem !== undefined)
      error(faults, 'bad-host', [], problem, {
        expected: '"*", *.example.com, a full host name, or an IP address, each with an optional NAMESPACE/',
      })
  })
}

function hostProblem(name: string): string | undefined {
  if (name === '*' || isIpAddress(name)) return undefined
  const problem = formatRules['wildcard-host'].check(name)
  if (problem !== undefined) return `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`
  if (name.startsWith('*') && !name.startsWith('*.'))
    return `"${clip(name)}": a wildcard is "*" or stands alone before the first dot, as in *.example.com.`
  return name.includes('.')
    ? undefined
    : `"${clip(name)}" is a short name; a gateway needs the full host name, as in ${clip(name)}.example.com.`
}

function checkTlsFits(server: Server, faults: FaultList): void {
  const protocol = (server.port?.protocol ?? '').toUpperCase()
  const { tls } = server
  const isTls = protocol === 'HTTPS' || protocol === 'TLS'
  if (isTls && tls === undefined) {
    error(
      faults,
      'gateway/tls-required',
      ['tls'],
      `A server with protocol ${protocol} needs tls, such as mode SIMPLE with a credentialName.`,
      { part: 'key', expected: 'tls settings' },
    )
  }
  if (tls === undefined) return
  if (!isTls && isProtocol(protocol)) checkPlainServer(protocol, server, faults)
  if (isTls && tls.httpsRedirect === true)
    warning(
      faults,
      'gateway/https-redirect',
      ['tls', 'httpsRedirect'],
      'httpsRedirect has an effect only on a server with protocol HTTP.',
      { part: 'key' },
    )
  within(faults, ['tls'], () => checkServerTls(tls, faults))
}

function checkPlainServer(protocol: string, { tls }: Server, faults: FaultList): void {
  const isRedirect = isHttpProtocol(protocol) && tls?.httpsRedirect === true
  if (isRedirect && (tls.mode === undefined || tls.mode === 'PASSTHROUGH')) return
  const hint = isHttpProtocol(protocol) ? 'only tls.httpsRedirect is allowed; for TLS use protocol HTTPS' : 'for TLS use protocol TLS'
  error(faults, 'gateway/tls-on-plain-port', ['tls'], `A server with protocol ${protocol} is not encrypted: ${hint}.`, { part: 'key' })
}
