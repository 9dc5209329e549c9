/** The root of a running mesh replaced under load, by the command that a user would use, and a workload denied. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, startLoad } from './load.fixture.js'
import { endAll, eventually, heddle, helloManifest, type Mesh, startMesh } from '../mesh.fixture.js'

/** As much as a shared machine of two cores serves beside everything else; raise it where there are more. */
const requestsPerSecond = Number(process.env['HEDDLE_TEST_RPS'] ?? 200)
let mesh: Mesh

beforeAll(async () => {
  mesh = await startMesh()
  const manifest = readFileSync(helloManifest, 'utf8').replace('replicas: 1', 'replicas: 2')
  const injected = await heddle(['kube-inject', '-f', '-'], { input: manifest })
  expect(await mesh.heddle(['apply', '-f', '-'], { input: injected.stdout })).toMatchObject({ code: 0, stderr: '' })
  await mesh.heddle(['rollout', 'status', 'deploy/helloworld-v1', '--timeout', '30'])
  await eventually('the article answers', async () => (await hello()) === 200)
}, 90_000)
afterAll(endAll)

const hello = async (): Promise<number> => (await answerOf(`${mesh.gatewayUrl}/api/hello`)).status

interface View {
  readonly rotation: {
    readonly roots: readonly { readonly fingerprint: string; readonly phase: string }[]
    readonly plan: { readonly isRunning: boolean; readonly observed?: number; readonly lacking: readonly object[] }
  }
}

const view = async (): Promise<View> => JSON.parse(await mesh.must('ca', 'status', '-o', 'json')) as View

test('a root is rotated under load, and no request is lost', async () => {
  const [old] = (await view()).rotation.roots
  const before = await mesh.must('certs', 'list', '-A')
  // Until then nobody can say what proxies trust: they are coming back.
  await eventually('the proxies are observed', async () => ((await view()).rotation.plan.observed ?? 0) >= 3, 60_000)
  const load = startLoad(`${mesh.gatewayUrl}/api/hello`, requestsPerSecond)
  await eventually('load runs', () => load.sent > requestsPerSecond / 2)
  expect(await mesh.must('ca', 'rotate', 'start', '--revoke-when', 'acknowledged')).toContain('has begun')
  await eventually(
    'the rotation is over',
    async () => {
      const { rotation } = await view()
      return !rotation.plan.isRunning && rotation.roots.length === 1
    },
    60_000,
  )
  // Connections under the old root have been replaced, and what was on its way has ended.
  await eventually('load goes on', () => load.elapsedMs > 5000)
  const sent = load.sent
  await eventually('load has gone on', () => load.sent > sent + requestsPerSecond * 5)
  const report = await load.stop()
  expect(report.failed).toEqual([])
  expect(report.succeeded).toBe(report.sent)
  const [now, ...others] = (await view()).rotation.roots
  expect(others).toEqual([])
  expect(now).toMatchObject({ phase: 'active' })
  expect(now?.fingerprint).not.toBe(old?.fingerprint)
  expect(await mesh.must('certs', 'list', '-A')).not.toBe(before)
  expect((await mesh.heddle(['cert', 'doctor', 'deploy/helloworld-v1'])).stdout).toContain('Nothing is wrong')
  expect(await mesh.must('ca', 'log', '--verify')).toContain('the chain holds')
  expect(await mesh.must('ca', 'log', '--id', 'spiffe://cluster.local/ns/default/sa/default')).toContain('client-certificate')
}, 180_000)

test('a workload that is denied serves nobody within seconds, and serves again when it is allowed', async () => {
  const id = 'spiffe://cluster.local/ns/default/sa/default'
  expect(await hello()).toBe(200)
  await mesh.must('ca', 'deny', id, '--reason', 'test')
  const startMs = performance.now()
  await eventually('nobody serves', async () => (await hello()) !== 200)
  expect(performance.now() - startMs).toBeLessThan(10_000)
  expect(await mesh.must('ca', 'status')).toContain(id)
  await mesh.must('ca', 'allow', id)
  await eventually('it serves again', async () => (await hello()) === 200)
}, 60_000)
