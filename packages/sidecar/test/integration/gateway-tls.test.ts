/** A gateway that terminates TLS: credentials by name from the control plane, files of its Pod, and what clients see of both. */
import { createServer as createHttpsServer, request } from 'node:https'
import { connect, createServer as createTlsServer, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'
import { createMemoryLogger, type MemoryLogger } from '@heddle/base/testing'
import { systemClock, systemRandom } from '@heddle/base/node'
import { type ApplyObject, createFakeControlPlane, type FakeControlPlane } from '@heddle/control-plane/testing'
import { startHttpEcho } from '@heddle/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSidecar, type Sidecar } from '../../src/sidecar.js'
import { accessLogsIn, createFakePod, type FakePod } from './fake-pod.js'
import { createWebAuthority, type WebCertificate } from './web-authority.js'

const authority = createWebAuthority('Websites')
const clients = createWebAuthority('Clients')
const soon = { timeout: 5000, interval: 10 }
let controlPlane: FakeControlPlane
let edge: FakePod
let logger: MemoryLogger
let busy: NetServer
let revoked: WebCertificate
let sidecar: Sidecar
const running: { readonly close: () => unknown }[] = []

const serverOptions = ({ chainPem, keyPem }: WebCertificate) => ({ cert: chainPem, key: keyPem })
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const secret = (name: string, data: Readonly<Record<string, string>>): ApplyObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'default' },
  data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
})
const tlsSecret = (name: string, { chainPem, keyPem }: WebCertificate): ApplyObject =>
  secret(name, { 'tls.crt': chainPem, 'tls.key': keyPem })

const service = (name: string, clusterIP: string, address: string, port: number, portName = 'http'): readonly ApplyObject[] => [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { clusterIP, ports: [{ name: portName, port: 80, targetPort: port }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: portName, port, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  },
]

interface ServerSpec {
  readonly port: number
  readonly host: string
  readonly tls: object
  readonly protocol?: string
}

const gateway = (name: string, servers: readonly ServerSpec[]): ApplyObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name, namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    selector: { app: 'edge' },
    servers: servers.map(({ port, host, tls, protocol = 'HTTPS' }, index) => ({
      port: { number: port, name: `${protocol.toLowerCase()}-${port}-${index}`, protocol },
      hosts: [host],
      tls,
    })),
  },
})

/** Every host of the web goes to the service `web`, but for those that have their own. */
const route = (host: string, service: string): ApplyObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: service, namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { hosts: [host], gateways: ['edge'], http: [{ route: [{ destination: { host: service } }] }] },
})

const destinationRule = (host: string, tls: object): ApplyObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name: host, namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { host, trafficPolicy: { tls } },
})

const virtualService: ApplyObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    hosts: ['*.example.com'],
    gateways: ['edge', 'busy'],
    http: [{ route: [{ destination: { host: 'web' } }] }],
    tls: [{ match: [{ port: 9443, sniHosts: ['through.example.com'] }], route: [{ destination: { host: 'secure' } }] }],
  },
}

beforeAll(async () => {
  logger = createMemoryLogger()
  controlPlane = await createFakeControlPlane({ objects: [accessLogsIn('/dev/null')] })
  edge = await createFakePod({ name: 'edge-1', app: 'edge', role: 'router', ports: [8443, 7443, 6443, 5443, 9443, 9000] }, controlPlane)
  const echo = await startHttpEcho({ host: edge.appAddress, port: 0, name: 'web' })
  running.push(echo)
  const own = authority.issue('through.example.com', 'simple.example.com', 'revoked.example.com')
  const backend = createTlsServer(serverOptions(own), (socket) => socket.end('from the backend'))
  await new Promise<void>((resolve) => backend.listen(0, edge.appAddress, resolve))
  running.push(backend)
  const origin = createHttpsServer(
    { ...serverOptions(own), requestCert: true, rejectUnauthorized: false, ca: clients.rootPem },
    (incoming, outgoing) => {
      outgoing.end((incoming.socket as TLSSocket).authorized ? 'known' : 'unknown')
    },
  )
  await new Promise<void>((resolve) => origin.listen(0, edge.appAddress, resolve))
  running.push(origin)
  edge.put('etc/certs/root.pem', authority.rootPem)
  edge.put('etc/certs/other-root.pem', clients.rootPem)
  const file = authority.issue('file.example.com')
  edge.put('etc/certs/tls.crt', file.chainPem)
  edge.put('etc/certs/tls.key', file.keyPem)
  revoked = clients.issue('revoked.example.com')
  edge.put('etc/certs/clients.crl', await clients.revoke(revoked))
  edge.put('etc/certs/web.crl', await authority.revoke(own))
  busy = createServer()
  await new Promise<void>((resolve) => busy.listen(edge.portMap[9000], edge.podIp, resolve))
  const originPort = (origin.address() as AddressInfo).port
  const caller = clients.issue('edge.example.com')
  const both = authority.issue('mutual.example.com')
  const objects = [
    edge.object,
    ...service('web', '127.200.0.80', edge.appAddress, echo.port),
    ...service('secure', '127.200.0.81', edge.appAddress, (backend.address() as AddressInfo).port, 'tls'),
    tlsSecret('first', authority.issue('first.example.com')),
    tlsSecret('second', authority.issue('second.example.com')),
    secret('mutual', { cert: both.chainPem, key: both.keyPem, cacert: clients.rootPem }),
    virtualService,
    ...['known', 'simple', 'strange', 'revoked'].flatMap((name, index) => [
      ...service(name, `127.200.0.9${index}`, edge.appAddress, originPort),
      route(`${name}.example.com`, name),
    ]),
    secret('caller', { cert: caller.chainPem, key: caller.keyPem, cacert: authority.rootPem }),
    destinationRule('known', { mode: 'MUTUAL', credentialName: 'caller', subjectAltNames: ['through.example.com'] }),
    destinationRule('simple', { mode: 'SIMPLE', caCertificates: '/etc/certs/root.pem' }),
    destinationRule('strange', { mode: 'SIMPLE', caCertificates: '/etc/certs/other-root.pem' }),
    destinationRule('revoked', { mode: 'SIMPLE', caCertificates: '/etc/certs/root.pem', caCrl: '/etc/certs/web.crl' }),
    gateway('edge', [
      { port: 8443, host: '*.example.com', tls: { mode: 'SIMPLE', credentialName: 'second' } },
      { port: 8443, host: 'first.example.com', tls: { mode: 'SIMPLE', credentialName: 'first' } },
      { port: 8443, host: 'second.example.com', tls: { mode: 'SIMPLE', credentialName: 'second' } },
      { port: 8443, host: 'late.example.com', tls: { mode: 'SIMPLE', credentialName: 'late' } },
      { port: 7443, host: 'mutual.example.com', tls: { mode: 'MUTUAL', credentialName: 'mutual' } },
      {
        port: 6443,
        host: 'file.example.com',
        tls: { mode: 'SIMPLE', serverCertificate: '/etc/certs/tls.crt', privateKey: '/etc/certs/tls.key' },
      },
      {
        port: 5443,
        host: 'listed.example.com',
        tls: {
          mode: 'MUTUAL',
          serverCertificate: '/etc/certs/tls.crt',
          privateKey: '/etc/certs/tls.key',
          caCertificates: '/etc/certs/other-root.pem',
          caCrl: '/etc/certs/clients.crl',
        },
      },
      { port: 9443, host: 'through.example.com', protocol: 'TLS', tls: { mode: 'PASSTHROUGH' } },
    ]),
  ]
  for (const object of objects) controlPlane.api.apply(object)
  await startGateway()
})
afterAll(async () => {
  await sidecar?.drain()
  for (const part of running.toReversed()) await part.close()
  busy?.close()
  await controlPlane.close()
  edge.remove()
})

async function startGateway(): Promise<void> {
  sidecar = createSidecar(edge.settings, { clock: systemClock, random: systemRandom, logger })
  await sidecar.start(AbortSignal.timeout(10_000))
  const isReady = async (): Promise<boolean> => (await fetch(`http://${edge.podIp}:15021/healthz/ready`)).ok
  await vi.waitUntil(isReady, soon)
}

interface Seen {
  readonly status: number
  readonly certificate: string
  readonly body: string
  readonly serial: string
}

/** One request on a connection of its own. @param port as the Gateway names it. */
function ask(host: string, port: number, options: ConnectionOptions = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const target = { host: edge.podIp, port: edge.portMap[port], servername: host, ca: authority.rootPem, agent: false as const }
    const outgoing = request({ ...target, path: '/', headers: { host }, ...options }, (response) => {
      const shown = (response.socket as TLSSocket).getPeerX509Certificate()
      const [certificate, serial] = [shown?.subjectAltName ?? '', shown?.serialNumber ?? '']
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, certificate, serial, body }))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

const adminPage = async (path: string): Promise<string> => (await fetch(`http://${edge.podIp}:15000${path}`)).text()

describe('a Gateway with credentials', () => {
  it('shows each host its own certificate on one port', async () => {
    expect(await ask('first.example.com', 8443)).toMatchObject({ status: 200, certificate: 'DNS:first.example.com' })
    expect(await ask('second.example.com', 8443)).toMatchObject({ status: 200, certificate: 'DNS:second.example.com' })
  })

  it('fails the handshakes of a missing credential only, says so, and serves when it comes', async () => {
    await expect(ask('late.example.com', 8443)).rejects.toThrow(/disconnected|reset|hang up/)
    const warnings = logger.records.filter(({ level }) => level === 'warn').map(({ fields }) => fields['secret'])
    expect(warnings).toContain('kubernetes://late')
    expect(await adminPage('/config_dump')).toMatch(/"name": "kubernetes:\/\/late",\s+"type": "unknown",\s+"status": "WARMING"/)
    controlPlane.api.apply(tlsSecret('late', authority.issue('late.example.com')))
    await expect.poll(() => ask('late.example.com', 8443).catch(() => undefined), soon).toMatchObject({ status: 200 })
  })

  it('wants a certificate of its authority from the client with MUTUAL', async () => {
    const { chainPem, keyPem } = clients.issue('client.example.com')
    expect(await ask('mutual.example.com', 7443, { cert: chainPem, key: keyPem })).toMatchObject({ status: 200 })
    await expect(ask('mutual.example.com', 7443)).rejects.toThrow()
    const stranger = authority.issue('client.example.com')
    await expect(ask('mutual.example.com', 7443, { cert: stranger.chainPem, key: stranger.keyPem })).rejects.toThrow()
  })

  it('takes a changed Secret for new connections without a failed request', async () => {
    const held = connect({ host: edge.podIp, port: edge.portMap[8443] as number, servername: 'first.example.com', ca: authority.rootPem })
    running.push({ close: () => held.destroy() })
    let answers = ''
    held.on('data', (bytes: Buffer) => (answers += bytes.toString('latin1')))
    const askHeld = (): void => void held.write('GET / HTTP/1.1\r\nHost: first.example.com\r\n\r\n')
    const answered = (): number => answers.split('HTTP/1.1 200').length - 1
    askHeld()
    await expect.poll(answered, soon).toBe(1)
    const serials = new Set<string>()
    let failures = 0
    let isOver = false
    const load = (async () => {
      while (!isOver) {
        const { status } = await ask('first.example.com', 8443).catch(() => ({ status: 0 }))
        if (status !== 200) failures++
      }
    })()
    const shown = async (): Promise<string> => {
      const rows = (JSON.parse(await adminPage('/certs')) as { certificates: { name: string; serial_number: string }[] }).certificates
      return rows.find(({ name }) => name === 'kubernetes://first')?.serial_number ?? ''
    }
    serials.add(await shown())
    for (let round = 0; round < 5; round++) {
      controlPlane.api.apply(tlsSecret('first', authority.issue('first.example.com')))
      await expect.poll(async () => serials.size + Number(!serials.has(await shown())), soon).toBe(serials.size + 1)
      serials.add(await shown())
    }
    isOver = true
    await load
    expect(failures).toBe(0)
    askHeld()
    await expect.poll(answered, soon).toBe(2)
  })

  it('passes the connection through to the backend that has the certificate with PASSTHROUGH', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const options = { host: edge.podIp, port: edge.portMap[9443] as number, servername: 'through.example.com', ca: authority.rootPem }
      const socket = connect(options)
      let seen = ''
      socket.on('data', (bytes: Buffer) => (seen += bytes.toString('latin1')))
      socket.on('end', () => resolve(seen))
      socket.on('error', reject)
    })
    expect(text).toBe('from the backend')
  })
})

describe('a DestinationRule of a gateway', () => {
  const through = async (host: string): Promise<string> => {
    const seen = await ask(host, 8443, { checkServerIdentity: () => undefined })
    return `${seen.status} ${seen.body}`
  }

  it('shows the credential with MUTUAL, and checks the peer with roots from a credential or a file', async () => {
    expect(await through('known.example.com')).toBe('200 known')
    expect(await through('simple.example.com')).toBe('200 unknown')
    expect(await through('strange.example.com')).toMatch(/^503 .*the peer's certificate is not trusted/)
  })

  it('does not believe a peer that a file of revocation lists names', async () => {
    expect(await through('revoked.example.com')).toMatch(/^503 .*the peer's certificate is not trusted: CERT_REVOKED/)
    edge.put('etc/certs/web.crl', await authority.revoke())
    await expect.poll(() => through('revoked.example.com'), soon).toBe('200 unknown')
  })
})

describe('a Gateway with files', () => {
  it('reads them in its Pod, and takes their next version', async () => {
    expect(await ask('file.example.com', 6443)).toMatchObject({ status: 200, certificate: 'DNS:file.example.com' })
    const next = authority.issue('renewed.example.com')
    edge.put('etc/certs/tls.crt', next.chainPem)
    edge.put('etc/certs/tls.key', next.keyPem)
    const shown = async (): Promise<string> => (await ask('file.example.com', 6443, { checkServerIdentity: () => undefined })).certificate
    await expect.poll(shown, soon).toBe('DNS:renewed.example.com')
  })

  it('lets no client in that a file of revocation lists names', async () => {
    const askAs = ({ chainPem, keyPem }: WebCertificate): Promise<Seen> =>
      ask('listed.example.com', 5443, { cert: chainPem, key: keyPem, checkServerIdentity: () => undefined })
    const client = clients.issue('client.example.com')
    expect(await askAs(client)).toMatchObject({ status: 200 })
    await expect(askAs(revoked)).rejects.toThrow()
    edge.put('etc/certs/clients.crl', await clients.revoke(revoked, client))
    await expect.poll(() => askAs(client).catch(() => undefined), soon).toBeUndefined()
  })
})

describe('key material', () => {
  it('is in no page and no log', async () => {
    for (const path of ['/config_dump', '/certs', '/clusters', '/listeners', '/stats/prometheus', '/server_info'])
      expect(await adminPage(path)).not.toContain('PRIVATE KEY')
    expect(JSON.stringify(logger.records)).not.toContain('PRIVATE KEY')
    expect(await adminPage('/config_dump')).toContain('kubernetes://first')
  })
})

describe('a Gateway on a port that another program has', () => {
  const busyGateway = gateway('busy', [{ port: 9000, host: 'busy.example.com', tls: { mode: 'SIMPLE', credentialName: 'first' } }])
  const syncz = async (): Promise<string> => (await fetch(`http://127.0.0.1:${controlPlane.ports.monitoring}/debug/syncz`)).text()

  it('is refused by name while everything else follows, and opens when the port is free', async () => {
    controlPlane.api.apply(busyGateway)
    await expect.poll(syncz, soon).toContain('0.0.0.0_9000: listener')
    expect(await adminPage('/listeners')).toMatch(/^0\.0\.0\.0_9000::refused::.*EADDRINUSE$/m)
    expect(await adminPage('/config_dump')).toMatch(/"error_state": \{\s+"failed_configuration"/)
    expect(await adminPage('/stats/prometheus')).toContain('heddle_refused_resources{} 1')
    const echo = await startHttpEcho({ host: edge.appAddress, port: 0, name: 'other' })
    running.push(echo)
    for (const object of service('other', '127.200.0.82', edge.appAddress, echo.port)) controlPlane.api.apply(object)
    await expect.poll(() => adminPage('/clusters'), soon).toContain('other.default')
    expect(JSON.parse(await syncz())).toMatchObject([{ types: { CDS: { state: 'SYNCED' }, LDS: { state: 'ERROR' } } }])
    await new Promise<void>((resolve) => void busy.close(() => resolve()))
    await expect.poll(async () => JSON.parse(await syncz()) as unknown, soon).toMatchObject([{ types: { LDS: { state: 'SYNCED' } } }])
    expect(await ask('busy.example.com', 9000, { checkServerIdentity: () => undefined })).toMatchObject({ status: 200 })
  })
})

describe('without the control plane', () => {
  it('a gateway that starts again serves with the secrets that were good last', async () => {
    const { serial } = await ask('first.example.com', 8443)
    await sidecar.drain()
    await controlPlane.stop()
    await startGateway()
    expect(await ask('first.example.com', 8443)).toMatchObject({ status: 200, serial })
    expect(await ask('file.example.com', 6443, { checkServerIdentity: () => undefined })).toMatchObject({ status: 200 })
  })
})
