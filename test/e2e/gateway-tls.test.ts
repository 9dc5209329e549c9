/** TLS at the ingress gateway, as a user sets it up: a Secret, a Gateway that names it, a client outside the mesh. */
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer, type Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { has, helloManifest, type Mesh, run, startMesh } from '../mesh.fixture.js'

const soon = { timeout: 10_000, interval: 25 }

interface Pair {
  readonly cert: string
  readonly key: string
}

interface Seen {
  readonly status: number
  readonly body: string
  /** Of the server's certificate. */
  readonly serial: string
}

describe('TLS at the ingress gateway', () => {
  let mesh: Mesh
  let roots: string
  let busy: Server
  beforeAll(async () => {
    mesh = await startMesh()
    await mesh.inject(helloManifest)
    await mesh.must('rollout', 'status', 'deploy/helloworld-v1', '--timeout', '30')
    const first = await issue('first')
    roots = readFileSync(join(mesh.folder, 'first/ca.pem'), 'utf8')
    await apply(secret('web', { ...first }), secret('strict', { ...first, cacert: roots }), gateway)
  })
  afterAll(async () => {
    busy?.close()
    await mesh?.stop()
  })

  /** Any certificate will do for a server here; those of the mesh are at hand. */
  async function issue(name: string): Promise<Pair> {
    const folder = join(mesh.folder, name)
    await mesh.must('cert', 'issue', '--as', 'default/default', '--out', folder)
    return { cert: readFileSync(join(folder, 'cert.pem'), 'utf8'), key: readFileSync(join(folder, 'key.pem'), 'utf8') }
  }

  async function apply(...objects: readonly object[]): Promise<void> {
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n')
    const outcome = await mesh.heddle(['apply', '-f', '-'], { input })
    expect(outcome).toMatchObject({ code: 0 })
  }

  /** Where a port of the gateway is open outside the mesh. */
  async function openPort(port: number): Promise<number> {
    const table = await mesh.must('get', 'svc', 'istio-ingressgateway', '-n', 'istio-system')
    return Number(new RegExp(`\\b${port}:(\\d+)/TCP`).exec(table)?.[1] ?? port)
  }

  async function ask(servername: string, pair: Partial<Pair> = {}): Promise<Seen> {
    const target = { host: '127.0.0.1', port: await openPort(443), servername, ca: roots, checkServerIdentity: () => undefined }
    return new Promise((resolve, reject) => {
      const headers = { host: servername }
      const outgoing = request({ ...target, ...pair, headers, path: '/api/hello', agent: false }, (response) => {
        const serial = (response.socket as TLSSocket).getPeerX509Certificate()?.serialNumber ?? ''
        let body = ''
        response.setEncoding('utf8').on('data', (text: string) => (body += text))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: body.trim(), serial }))
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }
  const askOrFail = (servername: string, pair?: Partial<Pair>): Promise<Partial<Seen>> =>
    ask(servername, pair).catch((error: Error) => ({ status: 0, body: error.message }))

  it('answers with the certificate of the Secret', async () => {
    await expect.poll(() => askOrFail('web.example.com'), soon).toMatchObject({ status: 200, body: 'Hello world v1' })
    if (!(await has('curl'))) return
    const port = await openPort(443)
    const place = ['--resolve', `web.example.com:${port}:127.0.0.1`, `https://web.example.com:${port}/api/hello`]
    expect(await run('curl', ['-sS', '-k', ...place])).toMatchObject({ code: 0, stdout: 'Hello world v1\n' })
  })

  it('shows the credential among the secrets of the gateway, and no key anywhere', async () => {
    const table = await mesh.must('proxy-config', 'secrets', 'deploy/istio-ingressgateway', '-n', 'istio-system')
    expect(table).toMatch(/^kubernetes:\/\/web +Cert Chain +ACTIVE +true/m)
    expect(table).toMatch(/^kubernetes:\/\/strict-cacert +CA +ACTIVE +true/m)
    const dump = await mesh.must('proxy-config', 'secrets', 'deploy/istio-ingressgateway', '-n', 'istio-system', '-o', 'json')
    expect(dump).not.toContain('PRIVATE KEY')
    expect(await mesh.must('logs', 'deploy/istio-ingressgateway', '-n', 'istio-system')).not.toContain('PRIVATE KEY')
  })

  it('wants a client certificate with MUTUAL', async () => {
    await expect.poll(() => askOrFail('strict.example.com'), soon).toMatchObject({ status: 0 })
    expect(await ask('strict.example.com', await issue('visitor'))).toMatchObject({ status: 200 })
  })

  it('takes a new certificate while it serves, without a failed request', async () => {
    const { serial } = await ask('web.example.com')
    const statuses = new Set<number | undefined>()
    let isOver = false
    const load = (async () => {
      while (!isOver) statuses.add((await askOrFail('web.example.com')).status)
    })()
    await apply(secret('web', { ...(await issue('second')) }))
    await expect.poll(async () => (await ask('web.example.com')).serial, soon).not.toBe(serial)
    isOver = true
    await load
    expect([...statuses]).toEqual([200])
  })

  it('says which Gateway cannot open its port, and opens it when the port is free', async () => {
    busy = createServer()
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
    const { port } = busy.address() as { readonly port: number }
    await apply(gatewayOn(port))
    const refusals = async (): Promise<string> => (await mesh.heddle(['proxy-status'])).stderr
    await expect.poll(refusals, soon).toMatch(new RegExp(`istio-ingressgateway.* refused LDS: .*127\\.0\\.0\\.1:${port}: EADDRINUSE`))
    expect(await ask('web.example.com')).toMatchObject({ status: 200 })
    await new Promise<void>((resolve) => void busy.close(() => resolve()))
    await expect.poll(refusals, soon).toBe('')
  })
})

const secret = (name: string, data: Readonly<Record<string, string>>): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'istio-system' },
  stringData: data,
})

const server = (name: string, tls: object): object => ({
  port: { number: 443, name: `https-${name}`, protocol: 'HTTPS' },
  hosts: [`${name}.example.com`],
  tls,
})

const gatewayWith = (name: string, servers: readonly object[]): object => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name },
  spec: { selector: { istio: 'ingressgateway' }, servers },
})

const gatewayOn = (port: number): object =>
  gatewayWith('busy', [{ port: { number: port, name: 'http-busy', protocol: 'HTTP' }, hosts: ['*'] }])

/** The article's own Gateway has a VirtualService for every host; this one borrows it for HTTPS. */
const gateway = gatewayWith('helloworld-gateway', [
  { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] },
  server('web', { mode: 'SIMPLE', credentialName: 'web' }),
  server('strict', { mode: 'MUTUAL', credentialName: 'strict' }),
])
