/** What istiod finds wrong with resources, where a user looks: describe and proxy-status, with an istiod that only has its pages. */
import { createServer, type Server } from 'node:http'
import { customResourceDefinitions } from '@heddle/config-schema'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Problem } from '../../src/target/problems.js'
import { type Platform, pod, service, startPlatform, types } from '../cli.fixture.js'

const monitoringPort = 15014
const synced = { CDS: { state: 'SYNCED' } }
const proxies = [{ proxy: 'web-1.default', cluster: 'Kubernetes', version: '0.1.0', types: synced }]
const lost: Problem = {
  kind: 'VirtualService',
  namespace: 'default',
  name: 'web',
  code: 'unknown-host',
  severity: 'error',
  path: 'spec.http[0].route[0].destination.host',
  message: 'no service\n  has the host "gone"',
  proxies: ['web-1.default'],
}
const idle: Problem = { ...lost, kind: 'Service', code: 'no-effect', severity: 'warning', message: 'ignored', proxies: [] }

/** Undefined: there is no such page. */
type Issues = readonly Problem[] | undefined

let mesh: Platform
const servers: Server[] = []
/** By istiod. */
let issues: readonly [Issues, Issues]
beforeAll(async () => {
  mesh = await startPlatform()
  const definitions = customResourceDefinitions().map((definition) => JSON.stringify(definition))
  expect(await mesh.cliWith({ input: definitions.join('\n---\n') }, 'apply', '-f', '-')).toMatchObject({ code: 0 })
  const input = [
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system}\n',
    service('web'),
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec: {hosts: [web], http: [{route: [{destination: {host: gone}}]}]}\n',
    'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web}\nspec: {host: web}\n',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n',
  ].join('---\n')
  expect(await mesh.cliWith({ input }, 'apply', '-f', '-')).toMatchObject({ code: 0, stderr: '' })
})
beforeEach(() => {
  issues = [[lost, idle], []]
})
afterAll(async () => {
  for (const server of servers) server.close()
  await mesh?.close()
})

describe('without an istiod', () => {
  it('describe says in a line that problems are not known', async () => {
    const { code, stdout, stderr } = await mesh.cli('describe', 'virtualservice', 'web')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Problems: {8}<unknown>: no istiod is running in istio-system\nEvents: +<none>\n$/m)
  })
})

describe('a Gateway', () => {
  it('tells which Secrets its TLS servers miss in the namespaces of its Pods', async () => {
    const input = [
      `${JSON.stringify(pod('edge', { istio: 'edge' }))}\n`,
      `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop}
spec:
  selector: {istio: edge}
  servers:
  - {port: {number: 443, name: https, protocol: HTTPS}, hosts: [shop.example.com], tls: {mode: SIMPLE, credentialName: shop-cert}}
  - {port: {number: 8443, name: https2, protocol: HTTPS}, hosts: [./pay.example.com], tls: {mode: SIMPLE, credentialName: pay-cert}}
`,
      'apiVersion: v1\nkind: Secret\nmetadata: {name: pay-cert}\nstringData: {tls.crt: c, tls.key: k}\n',
    ].join('---\n')
    expect(await mesh.cliWith({ input }, 'apply', '-f', '-')).toMatchObject({ code: 0 })
    const { stdout } = await mesh.cli('describe', 'gw', 'shop')
    expect(stdout).toContain(
      'Secret default/shop-cert for shop.example.com: missing, so TLS handshakes fail; make it with "kubectl create secret tls shop-cert -n default --cert FILE --key FILE"\n',
    )
    expect(stdout).toContain('Secret default/pay-cert for pay.example.com: found\n')
  })
})

describe('with two istiods', () => {
  beforeAll(async () => {
    await startIstiod('istiod-1', 0)
    await startIstiod('istiod-2', 1)
  })

  it('describe shows the problems of the object, and for whom they are', async () => {
    issues = [[lost, idle], [{ ...lost, proxies: ['a.shop', 'b.shop', 'c.shop'] }]]
    expect(problemsIn((await mesh.cli('describe', 'virtualservice', 'web')).stdout)).toEqual([
      '  - Code:        unknown-host',
      '    Severity:    error',
      '    Path:        spec.http[0].route[0].destination.host',
      '    Message:     no service has the host "gone"',
      '    Proxies:     a.shop, b.shop, c.shop and 1 more',
    ])
    const { path: _path, ...whole } = idle
    issues = [[whole], [whole]]
    expect(problemsIn((await mesh.cli('describe', 'svc/web')).stdout)).toEqual([
      '  - Code:        no-effect',
      '    Severity:    warning',
      '    Message:     ignored',
      '    Proxies:     all',
    ])
  })

  it('describe shows none where there are none, and says nothing of kinds that istiod does not judge', async () => {
    issues = [[{ ...lost, namespace: 'shop' }], []]
    for (const kind of ['virtualservice', 'destinationrule', 'service'])
      expect((await mesh.cli('describe', kind, 'web')).stdout).toMatch(/^Problems: {8}<none>$/m)
    expect((await mesh.cli('describe', 'configmap', 'web')).stdout).not.toContain('Problems')
  })

  it('proxy-status counts them below its table and says how to see them', async () => {
    const { code, stdout, stderr } = await mesh.cli('proxy-status')
    expect({ code, rows: stdout.trimEnd().split('\n').length }).toEqual({ code: 0, rows: 3 })
    expect(stderr).toBe(
      [
        '2 problems with resources (1 error, 1 warning); see:',
        '  heddle describe service web -n default',
        '  heddle describe virtualservice web -n default',
        '',
      ].join('\n'),
    )
    expect((await mesh.cli('proxy-status', '-o', 'json')).stderr).toBe('')
  })

  it('proxy-status names a few of many resources', async () => {
    issues = [['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ ...lost, name })), [{ ...lost, name: 'a', code: 'no-effect' }]]
    const { stderr } = await mesh.cli('proxy-status')
    expect(stderr).toContain('7 problems with resources (7 errors); see:\n  heddle describe virtualservice a -n default\n')
    expect(stderr.split('\n').slice(5)).toEqual(['  heddle describe virtualservice e -n default', '  and 1 more resource', ''])
  })

  it('proxy-status says nothing where there are none, or where istiod has no such page', async () => {
    issues = [[], []]
    expect(await mesh.cli('proxy-status')).toMatchObject({ code: 0, stderr: '' })
    issues = [undefined, undefined]
    expect(await mesh.cli('proxy-status')).toMatchObject({ code: 0, stderr: '' })
    expect((await mesh.cli('describe', 'svc', 'web')).stdout).toMatch(
      /^Problems: {8}<unknown>: \/debug\/issues on port 15014 .* answered 404/m,
    )
  })

  it('apply and get say nothing of them', async () => {
    expect(await mesh.cliWith({ input: service('web') }, 'apply', '-f', '-')).toEqual({
      code: 0,
      stdout: 'service/web unchanged\n',
      stderr: '',
    })
    expect((await mesh.cli('get', 'virtualservice,destinationrule')).stdout).not.toMatch(/problem|unknown-host/i)
  })
})

function problemsIn(stdout: string): readonly string[] {
  const lines = stdout.split('\n')
  const [start, end] = [lines.indexOf('Problems:'), lines.findIndex((line) => line.startsWith('Events:'))]
  return lines.slice(start + 1, end)
}

async function startIstiod(name: string, index: 0 | 1): Promise<void> {
  const server = createServer(({ url }, response) => {
    const page = url === '/debug/syncz' ? proxies : issues[index]
    response.writeHead(page === undefined ? 404 : 200).end(JSON.stringify(page))
  })
  servers.push(server)
  const podIP = await listenOnFreeAddress(server)
  const labels = { app: 'istiod' }
  await mesh.client.create(types.pods, { ...pod(name), metadata: { name, namespace: 'istio-system', labels } })
  await mesh.client.patch(types.pods, name, { status: { phase: 'Running', podIP } }, 'istio-system', 'status')
}

/** The port is istiod's, so that runs side by side differ in the address. */
async function listenOnFreeAddress(server: Server, host: number = process.pid % 60_000): Promise<string> {
  const address = `127.8.${(host >> 8) & 255}.${host & 255 || 1}`
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve).listen(monitoringPort, address, () => resolve(undefined))
  })
  if (error === undefined) return address
  if (error.code !== 'EADDRINUSE') throw error
  return listenOnFreeAddress(server, host + 1)
}
