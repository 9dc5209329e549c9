/** Who vouches for whom in a running mesh: join tokens, JWT-SVIDs, the Workload API's socket, and two meshes that federate. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { helloManifest, type Mesh, startMesh } from '../mesh.fixture.js'

const soon = { timeout: 15_000, interval: 50 }
let mesh: Mesh
let other: Mesh

beforeAll(async () => {
  ;[mesh, other] = await Promise.all([startMesh(), startMesh({ flags: ['--ports', 'auto', '--trust-domain', 'other.example'] })])
  await mesh.inject(helloManifest)
  await mesh.must('rollout', 'status', 'deployment/helloworld-v1')
}, 120_000)
afterAll(async () => {
  await Promise.all([mesh?.stop(), other?.stop()])
})

const joinWith = (token: string) =>
  mesh.heddle(['cert', 'issue', '--join-token', '-', '--out', join(mesh.folder, 'joined')], { input: token })

describe('a join token', () => {
  it('is worth one certificate of its identity, also over a restart of istiod, and stands in the log', async () => {
    const [used, unused] = [
      await mesh.must('ca', 'token', 'create', '--identity', 'vms/billing'),
      await mesh.must('ca', 'token', 'create', '--identity', 'spiffe://cluster.local/ns/vms/sa/billing', '--ttl', '1h'),
    ]
    expect(await joinWith(used)).toMatchObject({ code: 0 })
    expect((await joinWith(used)).stderr).toContain('HEDDLE_IDENTITY_REFUSED')
    const log = await mesh.must('ca', 'log', '--id', 'spiffe://cluster.local/ns/vms/sa/billing')
    expect(log).toContain('join-token')
    await mesh.must('rollout', 'restart', 'deployment/istiod', '-n', 'istio-system')
    await mesh.must('rollout', 'status', 'deployment/istiod', '-n', 'istio-system')
    await expect.poll(async () => (await joinWith(unused)).code, soon).toBe(0)
    expect((await joinWith(used)).stderr).toContain('HEDDLE_IDENTITY_REFUSED')
    // What the istiod before issued is not forgotten with its Pod.
    const later = await mesh.must('ca', 'log', '--id', 'spiffe://cluster.local/ns/vms/sa/billing', '--at', new Date().toISOString())
    expect(later.match(/join-token/g)).toHaveLength(2)
    expect(await mesh.must('ca', 'log', '--verify')).toContain('the chain holds')
  }, 60_000)

  it('is not made for another mesh', async () => {
    const { code, stderr } = await mesh.heddle(['ca', 'token', 'create', '--identity', 'spiffe://other.example/ns/a/sa/b'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('the mesh is "cluster.local"')
  })
})

describe('a JWT-SVID', () => {
  it('is issued and judged by the mesh', async () => {
    const token = await mesh.must('ca', 'jwt', 'issue', '--as', 'default/default', '--audience', 'billing')
    const claims = JSON.parse(await mesh.must('ca', 'jwt', 'validate', token.trim(), '--audience', 'billing')) as { sub: string }
    expect(claims.sub).toBe('spiffe://cluster.local/ns/default/sa/default')
    const wrong = await mesh.heddle(['ca', 'jwt', 'validate', '-', '--audience', 'payroll'], { input: token })
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('not for "payroll"') as string })
  })
})

it('the Workload API has a socket of the Pod alone, of which the application is told', async () => {
  const script = `process.stdout.write(process.env.SPIFFE_ENDPOINT_SOCKET)`
  const endpoint = await mesh.must('exec', 'deploy/helloworld-v1', '--', 'node', '-e', script)
  const path = endpoint.replace('unix://', '')
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107)
  const socket = statSync(path)
  expect(socket.isSocket()).toBe(true)
  expect(socket.mode & 0o777).toBe(0o600)
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
})

describe('a mesh that federates', () => {
  /** As a workload of the other mesh, to a Pod of this one. */
  const call = async (folder: string, address: string): Promise<string> => {
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => readFileSync(join(folder, name)))
    return new Promise((resolve) => {
      const url = `https://${address}:8080/api/hello`
      const outgoing = request(url, { cert, key, rejectUnauthorized: false, agent: false }, (answer) => {
        let body = ''
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()))
        answer.on('end', () => resolve(body))
      })
      outgoing.on('error', () => resolve('refused'))
      outgoing.end()
    })
  }

  it('lets in workloads of the other by its roots, and no more when it is told so', async () => {
    const folder = join(other.folder, 'issued')
    await other.must('cert', 'issue', '--as', 'default/default', '--out', folder)
    const podIp = '{.items[0].status.podIP}'
    const address = await mesh.must('get', 'pods', '-l', 'app=helloworld', '-o', `jsonpath=${podIp}`)
    expect(await call(folder, address)).toBe('refused')
    const bundle = join(folder, 'other.json')
    writeFileSync(bundle, await other.must('ca', 'bundle', 'show', 'other.example'))
    const istiod = await other.must('get', 'pods', '-n', 'istio-system', '-l', 'app=istiod', '-o', `jsonpath=${podIp}`)
    const endpointId = 'spiffe://other.example/ns/istio-system/sa/istiod'
    const place = ['--url', `https://${istiod}:8443/`, '--endpoint-id', endpointId, '--bundle', bundle]
    await mesh.must('ca', 'bundle', 'set', 'other.example', ...place)
    await expect.poll(() => call(folder, address), soon).toBe('Hello world v1\n')
    expect(await mesh.must('ca', 'bundle', 'show')).toMatch(/other\.example +https:\/\/[^ ]+ +1 +1 +1 +ok/)
    await mesh.must('ca', 'bundle', 'delete', 'other.example')
    await expect.poll(() => call(folder, address), soon).toBe('refused')
  }, 60_000)
})
