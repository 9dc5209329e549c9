import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from './http.fixture.js'
import { has, type Mesh, repositoryRoot, run, startMesh } from '../mesh.fixture.js'

const manifests = join(repositoryRoot, 'apps/helloworld/manifests')
const soon = { timeout: 10_000, interval: 25 }
const gatewayId = 'spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account'
const workloadId = 'spiffe://cluster.local/ns/default/sa/default'

describe('services of the mesh', () => {
  let mesh: Mesh
  beforeAll(async () => {
    mesh = await startMesh()
    await startWorkloads(mesh)
  })
  afterAll(() => mesh?.stop())

  const inCaller = (script: string): Promise<string> => mesh.must('exec', 'deploy/caller', '--', 'node', '-e', script)

  describe('call each other by short names', () => {
    it('with fetch', async () => {
      const script = `fetch('http://helloworld/api/hello').then((answer) => answer.text()).then((text) => process.stdout.write(text))`
      expect(await inCaller(script)).toBe('Hello world v1\n')
    })

    it('with the application itself, through the gateway', async () => {
      await mesh.heddle(['apply', '-f', '-'], { input: callerRoute })
      const url = `${mesh.gatewayUrl}/api/call?url=http://helloworld/api/hello`
      await expect.poll(() => ask(url), soon).toEqual({ status: 200, body: 'Hello world v1' })
    })

    it('with https to an application that terminates TLS itself', async () => {
      const script = `require('node:https').get('https://web/', { rejectUnauthorized: false }, (answer) => {
        process.stdout.write(answer.socket.getPeerCertificate().subjectaltname + ' ')
        answer.pipe(process.stdout)
      })`
      expect(await inCaller(script)).toBe(`URI:${workloadId} secret garden`)
    })

    it('with a raw socket', async () => {
      const script = `const socket = require('node:net').connect(80, 'helloworld')
        socket.write('GET /api/hello HTTP/1.1\\r\\nhost: helloworld\\r\\nconnection: close\\r\\n\\r\\n')
        socket.pipe(process.stdout)`
      expect(await inCaller(script)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nHello world v1\n$/)
    })

    it('with a grpc-js call', async () => {
      const script = `const { Client, credentials } = require(${JSON.stringify(grpcPath)})
        const client = new Client('echo:50051', credentials.createInsecure())
        client.makeUnaryRequest('/test.Echo/Echo', (text) => Buffer.from(text), String, 'hello grpc', (error, text) => {
          process.stdout.write(error ? String(error) : text)
          client.close()
        })`
      expect(await inCaller(script)).toBe('echo of hello grpc')
    })

    it('with curl through http_proxy', async (test) => {
      if (!(await has('curl'))) test.skip('curl is not installed')
      expect(await mesh.must('exec', 'deploy/caller', '--', 'curl', '-sS', 'http://helloworld/api/hello')).toBe('Hello world v1\n')
    })
  })

  it('know who called: in the metrics of both sides, in the access log and in the records of istio-telemetry', async () => {
    const [source, destination, istiod] = await Promise.all([
      podIp('app=caller'),
      podIp('app=helloworld'),
      podIp('app=istiod', 'istio-system'),
    ])
    const url = 'http://helloworld/api/hello'
    const counted = async () =>
      Promise.all([
        countOf(`http://${source}:15020/stats/prometheus`, { ...pair('caller', 'helloworld-v1'), reporter: 'source' }),
        countOf(`http://${destination}:15020/stats/prometheus`, { ...pair('caller', 'helloworld-v1'), reporter: 'destination' }),
        countOf(`http://${istiod}:42422/metrics`, { ...pair('caller', 'helloworld-v1'), reporter: 'source' }),
        countOf(`http://${istiod}:42422/metrics`, { ...pair('caller', 'helloworld-v1'), reporter: 'destination' }),
      ])
    const first = await counted()
    // What was asked before may still be on its way to istio-telemetry.
    await expect.poll(async () => new Set(await counted()).size, soon).toBe(1)
    const [before] = await counted()
    expect(before).toBeGreaterThanOrEqual(first[0])
    await inCaller(`(async () => { for (let i = 0; i < 3; i++) await (await fetch('${url}')).text() })()`)
    await expect.poll(counted, soon).toEqual([before + 3, before + 3, before + 3, before + 3])

    const line = new RegExp(
      `"GET /api/hello HTTP/1.1" 200 .* inbound\\|8080\\|\\| .* ${destination}:8080 ${source}:\\d+ outbound_\\.80_\\._\\.helloworld`,
    )
    await expect.poll(() => mesh.must('logs', 'deploy/helloworld-v1', '-c', 'istio-proxy'), soon).toMatch(line)
    const { body } = await ask(`http://${istiod}:15014/telemetry/records?limit=1000`)
    const records = JSON.parse(body) as readonly {
      readonly proxy: string
      readonly entry: { readonly tags: Readonly<Record<string, string>> }
    }[]
    const ofDestination = records.find(({ proxy, entry }) => proxy.includes('helloworld-v1') && entry.tags['source_workload'] === 'caller')
    expect(ofDestination?.entry.tags).toMatchObject({
      reporter: 'destination',
      source_principal: workloadId,
      connection_security_policy: 'mutual_tls',
    })
  })

  it('count what came through the gateway with both workloads on both sides', async () => {
    const [gateway, destination] = await Promise.all([podIp('app=istio-ingressgateway', 'istio-system'), podIp('app=helloworld')])
    const ends = pair('istio-ingressgateway', 'helloworld-v1')
    const counted = () =>
      Promise.all([
        countOf(`http://${gateway}:15020/stats/prometheus`, { ...ends, reporter: 'source' }),
        countOf(`http://${destination}:15020/stats/prometheus`, { ...ends, reporter: 'destination', source_principal: gatewayId }),
      ])
    const url = `${mesh.gatewayUrl}/api/hello`
    await expect.poll(async () => (await ask(url)).status, soon).toBe(200)
    await expect.poll(async () => new Set(await counted()).size, soon).toBe(1)
    const [before] = await counted()
    for (let asked = 0; asked < 5; asked++) expect((await ask(url)).body).toBe('Hello world v1')
    await expect.poll(counted, soon).toEqual([before + 5, before + 5])
  })

  describe('are closed to strangers', () => {
    it('a Pod without a sidecar reaches the sidecar and is refused by it', async () => {
      const script = `fetch('http://helloworld/api/hello').then((answer) => answer.text(), (error) => error.cause.code).then((text) => process.stdout.write(text))`
      expect(await mesh.must('exec', 'plain', '--', 'node', '-e', script)).toMatch(/^(UND_ERR_SOCKET|ECONNRESET)$/)
      await expect
        .poll(() => mesh.must('logs', 'deploy/helloworld-v1', '-c', 'istio-proxy'), soon)
        .toMatch(new RegExp(`NR filter_chain_not_found .* ${await podIp('app=plain')}:\\d+`))
    })

    it('plaintext to the Pod gets no byte of an answer', async () => {
      const { host, port } = await endpoint('helloworld')
      const answer = await new Promise<string>((resolve) => {
        let text = ''
        const socket = connect(port, host, () => socket.write('GET /api/hello HTTP/1.1\r\nhost: helloworld\r\n\r\n'))
        socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
        socket.on('error', () => {})
        socket.on('close', () => resolve(text))
      })
      expect(answer).toBe('')
    })

    it('a TLS client without a certificate of the mesh gets none either, with one it is served', async () => {
      const { host, port } = await endpoint('helloworld')
      const options = { host, port, ALPNProtocols: ['istio-http/1.1'], servername: serverName, rejectUnauthorized: false }
      expect(await overTls(options)).toBe('')
      expect(await overTls({ ...options, ...(await issuedTo(mesh)) })).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Hello world v1\n$/)
    })

    it("openssl sees a SPIFFE id in the sidecar's certificate", async (test) => {
      if (!(await has('openssl'))) test.skip('openssl is not installed')
      await issuedTo(mesh)
      const { host, port } = await endpoint('helloworld')
      const file = (name: string): string => join(mesh.folder, 'certs', name)
      const flags = ['-cert', file('cert.pem'), '-key', file('key.pem'), '-CAfile', file('ca.pem'), '-alpn', 'istio-http/1.1']
      const handshake = await run('openssl', ['s_client', '-connect', `${host}:${port}`, '-servername', serverName, ...flags])
      expect(handshake.stdout).toContain('Verify return code: 0 (ok)')
      const certificate = await run('openssl', ['x509', '-noout', '-ext', 'subjectAltName'], { input: handshake.stdout })
      expect(certificate.stdout).toContain(`URI:${workloadId}`)
    })
  })

  it('run the configuration that the control plane has', async () => {
    const proxies = ['caller', 'echo', 'helloworld-v1', 'istio-ingressgateway', 'web']
    const rows = async () =>
      (await mesh.must('proxy-status'))
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(/ {2,}/))
    await expect
      .poll(
        async () =>
          (await rows()).map(([name = '', , , , types, state]) => [proxies.find((proxy) => name.startsWith(proxy)), types, state]),
        soon,
      )
      .toEqual(proxies.map((proxy) => [proxy, expect.stringMatching(/^\d \(CDS,LDS,EDS,RDS/), 'SYNCED']))
    expect(await mesh.must('proxy-status', 'deploy/web')).toBe('Clusters Match\nListeners Match\nRoutes Match\n')
  })

  async function podIp(selector: string, namespace = 'default'): Promise<string> {
    const text = await mesh.must('get', 'pods', '-n', namespace, '-l', selector, '-o', 'json')
    return (JSON.parse(text) as { items: { status: { podIP: string } }[] }).items[0]?.status.podIP ?? ''
  }

  /** Where the service's Pod really listens: the platform chooses ports that are free. */
  async function endpoint(service: string): Promise<{ readonly host: string; readonly port: number }> {
    const text = await mesh.must('get', 'endpointslices', '-l', `kubernetes.io/service-name=${service}`, '-o', 'json')
    const slice = (JSON.parse(text) as { items: { endpoints: { addresses: string[] }[]; ports: { port: number }[] }[] }).items[0]
    return { host: slice?.endpoints[0]?.addresses[0] ?? '', port: slice?.ports[0]?.port ?? 0 }
  }
})

const serverName = 'outbound_.80_._.helloworld.default.svc.cluster.local'
const grpcPath = createRequire(join(repositoryRoot, 'packages/client/package.json')).resolve('@grpc/grpc-js')

const callerRoute = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: caller }
spec:
  hosts: ["*"]
  gateways: [helloworld-gateway]
  http:
  - match: [{ uri: { exact: /api/call } }]
    route: [{ destination: { host: caller } }]
`

async function startWorkloads(mesh: Mesh): Promise<void> {
  const { cert, key } = await issuedTo(mesh)
  const web = program(
    mesh,
    'web',
    `require('node:https').createServer({ cert: ${JSON.stringify(cert)}, key: ${JSON.stringify(key)} }, (_, answer) => answer.end('secret garden')).listen(8443)`,
  )
  const echo = program(
    mesh,
    'echo',
    `const { Server, ServerCredentials } = require(${JSON.stringify(grpcPath)})
    const echo = { path: '/test.Echo/Echo', requestStream: false, responseStream: false, requestDeserialize: String, responseSerialize: (text) => Buffer.from(text) }
    const server = new Server()
    server.addService({ echo }, { echo: (call, answer) => answer(null, 'echo of ' + call.request) })
    server.bindAsync('0.0.0.0:50051', ServerCredentials.createInsecure(), (error) => error && process.exit(1))`,
  )
  const file = join(mesh.folder, 'workloads.yaml')
  writeFileSync(file, [workload('web', 'https', 443, 8443, web), workload('echo', 'grpc', 50051, 50051, echo)].join('---\n'))
  await mesh.inject(join(manifests, 'helloworld.yaml'))
  await mesh.inject(join(manifests, 'caller.yaml'))
  await mesh.inject(file)
  await mesh.heddle(['apply', '-f', '-'], { input: plainPod })
  for (const name of ['helloworld-v1', 'caller', 'web', 'echo']) await mesh.must('rollout', 'status', `deploy/${name}`, '--timeout', '30')
}

async function issuedTo(mesh: Mesh): Promise<{ readonly cert: string; readonly key: string }> {
  await mesh.must('cert', 'issue', '--as', 'default/default', '--out', join(mesh.folder, 'certs'))
  const read = (name: string): string => readFileSync(join(mesh.folder, 'certs', name), 'utf8')
  return { cert: read('cert.pem'), key: read('key.pem') }
}

/** A file for a container to run. */
function program(mesh: Mesh, name: string, text: string): string {
  const path = join(mesh.folder, `${name}.cjs`)
  writeFileSync(path, text)
  return path
}

const workload = (name: string, protocol: string, port: number, targetPort: number, path: string): string => `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { app: ${name} }
  ports: [{ name: ${protocol}, port: ${port}, targetPort: ${targetPort} }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
      - { name: ${name}, image: curlimages/curl, command: [node, ${JSON.stringify(path)}], ports: [{ containerPort: ${targetPort} }] }
`

const plainPod = `
apiVersion: v1
kind: Pod
metadata: { name: plain, labels: { app: plain } }
spec:
  containers:
  - { name: plain, image: curlimages/curl }
`

const pair = (source: string, destination: string): Readonly<Record<string, string>> => ({
  source_workload: source,
  source_workload_namespace: source === 'istio-ingressgateway' ? 'istio-system' : 'default',
  destination_workload: destination,
  destination_workload_namespace: 'default',
  destination_service: 'helloworld.default.svc.cluster.local',
  response_code: '200',
})

/** The sum of `istio_requests_total` over the series that have these labels. */
async function countOf(url: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const { body } = await ask(url)
  const lines = body.split('\n').filter((line) => line.startsWith('istio_requests_total{'))
  const wanted = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return lines
    .filter((line) => wanted.every((label) => line.includes(`{${label}`) || line.includes(`,${label}`)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

/** What the sidecar answers to a request over TLS until it closes. */
function overTls(options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connectTls(options, () => socket.write('GET /api/hello HTTP/1.1\r\nhost: helloworld\r\nconnection: close\r\n\r\n'))
    socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}
