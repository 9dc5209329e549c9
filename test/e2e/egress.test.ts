/** What is outside of the mesh, as its workloads meet it: ServiceEntries, WorkloadEntries, TLS origination, and REGISTRY_ONLY. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, ask } from './http.fixture.js'
import { eventually, type Mesh, repositoryRoot, startMesh } from '../mesh.fixture.js'

const soon = { timeout: 10_000, interval: 25 }
const manifests = join(repositoryRoot, 'apps/helloworld/manifests')

describe('services outside of the mesh', () => {
  let mesh: Mesh
  const servers: Server[] = []
  beforeAll(async () => {
    mesh = await startMesh()
    await mesh.inject(join(manifests, 'helloworld.yaml'))
    await mesh.inject(join(manifests, 'caller.yaml'))
    await mesh.must('rollout', 'status', 'deploy/caller', '--timeout', '30')
    await apply(callerRoute)
    await eventually('the caller answers', async () => (await call('http://helloworld/api/hello')).body === 'Hello world v1')
  })
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
    await mesh?.stop()
  })

  /** What the workload `caller` gets from an address. */
  const call = (url: string): Promise<Answer> => ask(`${mesh.gatewayUrl}/api/call?url=${encodeURIComponent(url)}`)

  async function apply(...objects: readonly object[]): Promise<void> {
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n')
    expect(await mesh.heddle(['apply', '-f', '-'], { input })).toMatchObject({ code: 0 })
  }

  /** A server that is no part of the mesh. @returns its port on loopback. */
  async function outside(server: Server): Promise<number> {
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }

  it('are reached by the host of a ServiceEntry, under the timeouts of a VirtualService', async () => {
    const port = await outside(createServer((request, response) => request.url === '/slow' || greet('plain')(request, response)))
    const spec = { hosts: ['plain.example'], location: 'MESH_EXTERNAL', resolution: 'STATIC', endpoints: [{ address: '127.0.0.1' }] }
    const to = [{ destination: { host: 'plain.example' } }]
    await apply(serviceEntry('plain', { ...spec, ports: [http(port)] }), {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'plain' },
      spec: { hosts: ['plain.example'], http: [{ match: [{ uri: { exact: '/slow' } }], timeout: '0.2s', route: to }, { route: to }] },
    })
    await expect.poll(() => call('http://plain.example/'), soon).toEqual({ status: 200, body: 'plain for plain.example' })
    expect(await call('http://plain.example/slow')).toEqual({ status: 504, body: 'upstream request timeout' })
    await expect
      .poll(() => mesh.must('logs', 'deploy/caller', '-c', 'istio-proxy'), soon)
      .toMatch(/"GET \/slow HTTP\/1\.1" 504 UT .* outbound\|80\|\|plain\.example /)
  })

  it('get TLS from the sidecar where a DestinationRule says so, and nothing when they are somebody else', async () => {
    await mesh.must('cert', 'issue', '--as', 'default/default', '--out', join(mesh.folder, 'outside'))
    const [cert, key, roots] = ['cert', 'key', 'ca'].map((name) => readFileSync(join(mesh.folder, `outside/${name}.pem`), 'utf8'))
    const port = await outside(
      createSecureServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
        const socket = request.socket as TLSSocket & { readonly servername: string }
        const isKnown = Object.keys(socket.getPeerCertificate()).length > 0
        response.end(`TLS for ${request.headers.host}, SNI ${socket.servername}, ${isKnown ? 'with' : 'without'} a certificate`)
      }),
    )
    const spec = { hosts: ['secure.example'], location: 'MESH_EXTERNAL', resolution: 'DNS', endpoints: [{ address: 'localhost' }] }
    const originate = (account: string): object => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'secure' },
      spec: {
        host: 'secure.example',
        workloadSelector: { matchLabels: { app: 'caller' } },
        trafficPolicy: {
          tls: {
            mode: 'SIMPLE',
            credentialName: 'outside-roots',
            sni: 'front.example',
            subjectAltNames: [`spiffe://cluster.local/ns/default/sa/${account}`],
          },
        },
      },
    })
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'outside-roots' }, stringData: { 'ca.crt': roots } }
    await apply(secret, serviceEntry('secure', { ...spec, ports: [http(port)] }), originate('default'))
    await expect
      .poll(() => call('http://secure.example/'), soon)
      .toEqual({ status: 200, body: 'TLS for secure.example, SNI front.example, without a certificate' })
    await apply(originate('other'))
    await expect
      .poll(() => call('http://secure.example/'), soon)
      .toMatchObject({ status: 503, body: expect.stringContaining("none of the peer's names") as string })
  })

  it('are made of WorkloadEntries that come and go, also of a Service', async () => {
    const ports = [await outside(createServer(greet('first'))), await outside(createServer(greet('second')))]
    const entry = (name: string, port: number | undefined): object => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'WorkloadEntry',
      metadata: { name },
      spec: { address: '127.0.0.1', labels: { app: 'machine' }, ports: { http: port } },
    })
    const spec = { hosts: ['machines.example'], location: 'MESH_INTERNAL', resolution: 'STATIC', ports: [http()] }
    await apply(
      serviceEntry('machines', { ...spec, workloadSelector: { labels: { app: 'machine' } } }),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'machines' },
        spec: { selector: { app: 'machine' }, ports: [{ name: 'http', port: 80 }] },
      },
      entry('first', ports[0]),
      entry('second', ports[1]),
    )
    for (const host of ['machines.example', 'machines']) {
      const seen = new Set<string>()
      const both = [`first for ${host}`, `second for ${host}`]
      await expect.poll(async () => [...seen.add((await call(`http://${host}/`)).body)], soon).toEqual(expect.arrayContaining(both))
    }
    await mesh.must('delete', 'workloadentry', 'first')
    const answers = async (): Promise<ReadonlySet<string>> =>
      new Set(await Promise.all([1, 2, 3, 4].map(async () => (await call('http://machines.example/')).body)))
    await expect.poll(answers, soon).toEqual(new Set(['second for machines.example']))
  })

  it('are refused with REGISTRY_ONLY when nothing names them, and others are not', async () => {
    await mesh.must('install', '--set', 'meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY')
    const block = async (): Promise<string> => mesh.must('explain', 'request', 'http://unknown.example/', '--from', 'caller')
    await expect.poll(block, soon).toMatch(/^Virtual host +block_all$[^]*^Answer +502$/m)
    // Of the documentation's addresses: nothing leaves the machine.
    await expect.poll(async () => (await call('http://198.51.100.7/')).status, soon).toBe(502)
    await expect
      .poll(() => mesh.must('logs', 'deploy/caller', '-c', 'istio-proxy'), soon)
      .toMatch(/" 502 - direct_response .* 198\.51\.100\.7:80 .* block_all\n/)
    expect(await call('http://198.51.100.7:9999/')).toMatchObject({
      status: 502,
      // Node's words for a connection that was cut have changed with its versions.
      body: expect.stringMatching(/other side closed|ECONNRESET/) as string,
    })
    expect((await call('http://plain.example/')).status).toBe(200)
    expect((await call('http://helloworld/api/hello')).status).toBe(200)
  })
})

const greet =
  (name: string) =>
  ({ headers }: IncomingMessage, response: ServerResponse): unknown =>
    response.end(`${name} for ${headers.host}`)

const http = (targetPort?: number): object => ({ number: 80, name: 'http', protocol: 'HTTP', ...(targetPort && { targetPort }) })

const serviceEntry = (name: string, spec: object): object => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'ServiceEntry',
  metadata: { name },
  spec,
})

const callerRoute = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'caller' },
  spec: {
    hosts: ['*'],
    gateways: ['helloworld-gateway'],
    http: [{ match: [{ uri: { exact: '/api/call' } }], route: [{ destination: { host: 'caller' } }] }],
  },
}
