import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, askMany } from './http.fixture.js'
import { type Mesh, repositoryRoot, startMesh } from '../mesh.fixture.js'

const samples = join(repositoryRoot, '../shared/corpus/istio/samples')
const soon = { timeout: 10_000, interval: 25 }

describe('manifests like that of the article', () => {
  let mesh: Mesh
  beforeAll(async () => {
    mesh = await startMesh()
    await mesh.heddle(['apply', '-f', '-'], { input: namespaces })
  })
  afterAll(() => mesh?.stop())

  const sample = (path: string, ...flags: readonly string[]): Promise<string> => mesh.inject(join(samples, path), ...flags)
  const through = (host: string, path: string) => () => ask(`${mesh.gatewayUrl}${path}`, { headers: { host } })

  describe.skipIf(!existsSync(samples))('of Istio (skipped without the corpus)', () => {
    it("helloworld answers with both versions through Istio's own gateway manifest", async () => {
      await sample('helloworld/helloworld.yaml')
      await sample('helloworld/helloworld-gateway.yaml')
      for (const name of ['helloworld-v1', 'helloworld-v2']) await mesh.must('rollout', 'status', `deploy/${name}`, '--timeout', '30')
      const url = `${mesh.gatewayUrl}/hello`
      const versions = async (): Promise<readonly string[]> => {
        const answers = Object.keys(await askMany(url, 20))
        return [...new Set(answers.map((answer) => answer.replace(/, instance.*/, '')))].toSorted()
      }
      await expect.poll(versions, soon).toEqual(['200 Hello version: v1', '200 Hello version: v2'])
      expect((await ask(`${mesh.gatewayUrl}/other`)).status).toBe(404)
      await mesh.must('delete', '-f', join(samples, 'helloworld/helloworld-gateway.yaml'))
    })

    it('httpbin shows what the mesh adds for the application and hides what it keeps for itself', async () => {
      await sample('httpbin/httpbin.yaml', '-n', 'bin')
      await sample('httpbin/httpbin-gateway.yaml', '-n', 'bin')
      await mesh.must('rollout', 'status', 'deploy/httpbin', '-n', 'bin', '--timeout', '30')
      await expect.poll(async () => (await through('any.example', '/status/418')()).status, soon).toBe(418)
      const { body } = await through('any.example', '/headers')()
      const { headers } = JSON.parse(body) as { readonly headers: Readonly<Record<string, readonly string[]>> }
      expect(headers['Host']).toEqual(['any.example'])
      expect(headers['X-Forwarded-Client-Cert']?.[0]).toMatch(
        /By=spiffe:\/\/cluster.local\/ns\/bin\/sa\/httpbin;.*URI=spiffe:\/\/cluster.local\/ns\/istio-system\//,
      )
      expect(headers['X-Request-Id']?.[0]).toMatch(/^[0-9a-f-]{36}$/)
      expect(Object.keys(headers).filter((name) => name.startsWith('X-Envoy-Peer'))).toEqual([])
    })

    it("tcp-echo is reached by plain TCP through the gateway's port for it", async () => {
      await sample('tcp-echo/tcp-echo-services.yaml')
      await sample('tcp-echo/tcp-echo-all-v1.yaml')
      for (const name of ['tcp-echo-v1', 'tcp-echo-v2']) await mesh.must('rollout', 'status', `deploy/${name}`, '--timeout', '30')
      const table = await mesh.must('get', 'svc', 'istio-ingressgateway', '-n', 'istio-system')
      const port = Number(/31400:(\d+)\/TCP/.exec(table)?.[1] ?? /\b(31400)\/TCP/.exec(table)?.[1])
      await expect.poll(() => echoed(port, 'heddle'), soon).toBe('one heddle\n')
      const canary = readFileSync(join(samples, 'tcp-echo/tcp-echo-20-v2.yaml'), 'utf8')
      expect((await mesh.heddle(['apply', '-f', '-'], { input: canary })).code).toBe(0)
      const answers = async (): Promise<readonly string[]> =>
        [...new Set(await Promise.all(Array.from({ length: 40 }, () => echoed(port, 'heddle'))))].toSorted()
      await expect.poll(answers, soon).toEqual(['one heddle\n', 'two heddle\n'])
    })
  })

  it('with other names, ports and namespaces, several gateways and hosts', async () => {
    const injected = await mesh.heddle(['kube-inject', '-f', '-'], { input: shop })
    expect(injected.code).toBe(0)
    const applied = await mesh.heddle(['apply', '-f', '-'], { input: injected.stdout })
    expect(applied).toMatchObject({ code: 0, stderr: '' })
    await mesh.must('rollout', 'status', 'deploy/storefront', '-n', 'shop', '--timeout', '30')
    await mesh.must('rollout', 'status', 'deploy/ledger', '-n', 'books', '--timeout', '30')
    await expect.poll(through('shop.example', '/api/hello'), soon).toEqual({ status: 200, body: 'Hello world storefront' })
    await expect.poll(through('books.example', '/v2/api/hello'), soon).toEqual({ status: 200, body: 'Hello world ledger' })
    expect((await through('books.example', '/elsewhere')()).status).toBe(404)
    const call = through('shop.example', '/api/call?url=http://ledger.books:9090/api/hello')
    await expect.poll(call, soon).toEqual({ status: 200, body: 'Hello world ledger' })
    const script = `fetch('http://ledger:9090').catch((error) => process.stdout.write(error.cause.code))`
    const inside = await mesh.heddle(['exec', '-n', 'shop', 'deploy/storefront', '--', 'node', '-e', script])
    expect(inside.stdout).toBe('ENOTFOUND')
  })
})

/** One line and its answer; the reason when there is none. */
function echoed(port: number, line: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\n`))
    socket.once('data', (bytes: Buffer) => {
      resolve(bytes.toString('utf8'))
      socket.destroy()
    })
    socket.once('error', (error) => resolve(error.message))
    socket.once('close', () => resolve('closed'))
  })
}

const namespaces = ['bin', 'shop', 'books'].map((name) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`).join('---\n')

const app = (name: string, namespace: string, port: number, containerPort: number): string => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  selector: { run: ${name} }
  ports: [{ name: http-main, port: ${port}, targetPort: main }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  replicas: 1
  selector: { matchLabels: { run: ${name} } }
  template:
    metadata: { labels: { run: ${name} } }
    spec:
      containers:
      - name: main
        image: haseebm/helloworld-kubernetes
        env: [{ name: APP_VERSION, value: ${name} }]
        ports: [{ name: main, containerPort: ${containerPort} }]
`

const gateway = (name: string, namespace: string, host: string): string => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  selector: { istio: ingressgateway }
  servers:
  - { port: { number: 80, name: http, protocol: HTTP }, hosts: [${host}] }
`

const shop = [
  app('storefront', 'shop', 8000, 8080),
  app('ledger', 'books', 9090, 8080),
  gateway('front', 'shop', 'shop.example'),
  gateway('back', 'books', '"*.example"'),
  `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: storefront, namespace: shop }
spec:
  hosts: [shop.example]
  gateways: [front]
  http:
  - route: [{ destination: { host: storefront } }]
`,
  `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: ledger, namespace: books }
spec:
  hosts: [books.example]
  gateways: [back]
  http:
  - match: [{ uri: { prefix: /v2/ } }]
    rewrite: { uri: / }
    route: [{ destination: { host: ledger.books.svc.cluster.local, port: { number: 9090 } } }]
`,
].join('---\n')
