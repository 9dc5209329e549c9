/**
 * The servers that a gateway workload opens: those of all Gateways that select it, merged by port. One port has either
 * plaintext HTTP, plaintext TCP or TLS (told apart by server name); the oldest Gateway decides, others are reported.
 */
import type { IssueCode } from '../issue/translation-issue.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import type { Gateway, GatewayServer } from '../resources/gateway.js'
import { selectingServices } from '../inbound/inbound-ports.js'
import { numberInPod } from '../snapshot/mesh-service.js'
import { isHttp, serverProtocol } from '../snapshot/port-protocol.js'
import { isSubset } from '../snapshot/workload.js'

export type ServerContent =
  /** HTTP, terminating TLS where the server has it. */
  | 'http'
  /** A TCP stream, terminating TLS where the server has it. */
  | 'tcp'
  /** TLS that is routed by its server name and not opened. */
  | 'tls-passthrough'

export interface BoundServer {
  readonly gatewayName: string
  readonly gatewayNamespace: string
  readonly server: GatewayServer
  readonly content: ServerContent
  readonly secure: boolean
}

export interface GatewayPort {
  /** Where the listener is: the targetPort of the workload's own Service, else the server's port. */
  readonly port: number
  readonly bind: string | undefined
  readonly servers: readonly BoundServer[]
}

/** The port that the workload listens on for a port that Gateways declare. */
export function gatewayListenerPort(view: ProxyView, declared: number): number | undefined {
  return gatewayPorts(view).find(({ servers }) => servers.some(({ server }) => server.port.number === declared))?.port
}

interface OpenPort extends Omit<GatewayPort, 'servers'> {
  readonly servers: BoundServer[]
  readonly hosts: Set<string>
}

export function gatewayPorts(view: ProxyView): readonly GatewayPort[] {
  const ports = new Map<string, OpenPort>()
  for (const gateway of view.snapshot.gateways) {
    if (!isSubset(gateway.spec?.selector, view.labels)) continue
    for (const [index, server] of (gateway.spec?.servers ?? []).entries()) addServer(view, ports, gateway, server, index)
  }
  return [...ports.values()]
}

function addServer(view: ProxyView, ports: Map<string, OpenPort>, gateway: Gateway, server: GatewayServer, index: number): void {
  const port = listenerPort(view, server.port.number)
  const report = reporter(view, gateway, `spec.servers[${index}]`)
  if (port < 1024 && view.node.unprivileged) {
    report('unbindable-port', `port ${port} needs privileges that the gateway's Pod does not have: the server is left out`)
    return
  }
  if (server.tls?.verifyCertificateSpki?.length || server.tls?.verifyCertificateHash?.length) {
    report('unsupported', 'pinning of client certificates is not implemented: the server is left out, so that nobody is let in by mistake')
    return
  }
  const bound = boundServer(gateway, server)
  const key = `${server.bind ?? ''}|${port}`
  const open = ports.get(key) ?? { port, bind: server.bind || undefined, servers: [], hosts: new Set<string>() }
  const conflict = conflictOf(open, bound)
  if (conflict !== undefined) {
    report('port-conflict', conflict)
    return
  }
  if (bound.secure) for (const host of sniHosts(server)) open.hosts.add(host)
  open.servers.push(bound)
  ports.set(key, open)
}

function boundServer(gateway: Gateway, server: GatewayServer): BoundServer {
  const protocol = serverProtocol(server.port.protocol)
  const http = isHttp(protocol)
  const secure = server.tls !== undefined && !http
  const mode = server.tls?.mode ?? 'PASSTHROUGH'
  const opens = secure && mode !== 'PASSTHROUGH' && mode !== 'AUTO_PASSTHROUGH'
  return {
    gatewayName: gateway.metadata.name ?? '',
    gatewayNamespace: gateway.metadata.namespace ?? 'default',
    server,
    secure,
    content: http || (opens && protocol === 'https') ? 'http' : secure && !opens ? 'tls-passthrough' : 'tcp',
  }
}

function conflictOf(open: OpenPort, { server, secure, content }: BoundServer): string | undefined {
  const first = open.servers[0]
  if (first === undefined) return undefined
  const owner = `Gateway ${first.gatewayNamespace}/${first.gatewayName}`
  if (first.secure !== secure || (!secure && (first.content !== content || content === 'tcp'))) {
    return `port ${server.port.number} already speaks ${first.server.port.protocol ?? 'TCP'} for ${owner}: this server is left out`
  }
  const taken = secure ? sniHosts(server).find((host) => open.hosts.has(host)) : undefined
  return taken === undefined
    ? undefined
    : `another server on port ${server.port.number} already has the host "${taken}": this server is left out`
}

function listenerPort(view: ProxyView, number: number): number {
  for (const service of selectingServices(view)) {
    const port = service.ports.find((candidate) => candidate.number === number)
    const target = port === undefined ? undefined : numberInPod(view.pod, port)
    if (target !== undefined) return target
  }
  return number
}

/** Server names without their namespaces, sorted; `*` stands for any. */
export function sniHosts(server: GatewayServer): readonly string[] {
  return [...new Set(server.hosts.map(hostPart))].toSorted()
}

/** `NAMESPACE/HOST` -> `HOST`. */
function hostPart(host: string): string {
  return host.slice(host.indexOf('/') + 1)
}

function reporter(view: ProxyView, gateway: Gateway, path: string): (code: IssueCode, message: string) => void {
  const resource = { kind: 'Gateway', namespace: gateway.metadata.namespace ?? 'default', name: gateway.metadata.name ?? '' }
  return (code, message) => view.issues.add({ code, severity: 'error', resource, path, message })
}
