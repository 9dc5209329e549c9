/** Somebody's own authority plugged into a running mesh under load, by the commands that `heddle ca init` prints. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, startLoad } from './load.fixture.js'
import { endAll, eventually, heddle, helloManifest, type Mesh, startMesh } from '../mesh.fixture.js'

let mesh: Mesh

beforeAll(async () => {
  mesh = await startMesh()
  const injected = await heddle(['kube-inject', '-f', '-'], { input: readFileSync(helloManifest, 'utf8') })
  expect(await mesh.heddle(['apply', '-f', '-'], { input: injected.stdout })).toMatchObject({ code: 0, stderr: '' })
  await mesh.heddle(['rollout', 'status', 'deploy/helloworld-v1', '--timeout', '30'])
  await eventually('the article answers', async () => (await hello()) === 200)
}, 90_000)
afterAll(endAll)

const hello = async (): Promise<number> => (await answerOf(`${mesh.gatewayUrl}/api/hello`)).status

const doctor = (gateway: string): ReturnType<Mesh['heddle']> => mesh.heddle(['cert', 'doctor', 'deploy/helloworld-v1', gateway])

/** Of access records, as istiod tells. */
const refusals = async (): Promise<number> =>
  (await mesh.must('logs', 'deploy/istiod', '-n', 'istio-system')).split('access records were refused').length

/** What a shared machine of two cores serves beside everything else. */
const requestsPerSecond = Number(process.env['HEDDLE_TEST_RPS'] ?? 100)

interface View {
  readonly bundle: { readonly rootsPem: string }
  readonly handover?: { readonly phase: string }
}

/** Undefined while istiod is replaced. */
const view = async (): Promise<View | undefined> => {
  const { code, stdout } = await mesh.heddle(['ca', 'status', '-o', 'json'])
  return code === 0 ? (JSON.parse(stdout) as View) : undefined
}

const isOver = (now: View | undefined): boolean => now !== undefined && now.handover === undefined

test('running proxies go over to an authority that is plugged in, and no request is lost', async () => {
  const folder = join(mesh.folder, 'cacerts')
  await mesh.must('ca', 'init', '--out', folder)
  await mesh.must('apply', '-f', join(folder, 'secret.yaml'))
  const gateway = 'deploy/istio-ingressgateway.istio-system'
  expect((await doctor(gateway)).code).toBe(0)
  const load = startLoad(`${mesh.gatewayUrl}/api/hello`, requestsPerSecond)
  await mesh.must('rollout', 'restart', 'deploy/istiod', '-n', 'istio-system')
  await mesh.must('rollout', 'status', 'deploy/istiod', '-n', 'istio-system', '--timeout', '30')
  // Neither the gateway nor the workload is restarted.
  await eventually('the roots stand side by side', async () => (await view())?.handover?.phase === 'waiting', 15_000)
  await eventually('everybody has gone over', async () => isOver(await view()), 60_000)
  const own = readFileSync(join(folder, 'root-cert.pem'), 'utf8').trim()
  expect((await view())?.bundle.rootsPem.trim()).toBe(own)
  await mesh.must('rollout', 'restart', 'deploy/helloworld-v1')
  await mesh.must('rollout', 'status', 'deploy/helloworld-v1', '--timeout', '30')
  const sent = load.sent
  await eventually('load has gone on', () => load.sent > sent + requestsPerSecond * 3)
  const report = await load.stop()
  expect(report.failed).toEqual([])
  expect(report.succeeded).toBe(report.sent)
  // The Pod that was replaced may still be on its way out.
  await eventually('an old one and a new one are found right', async () => (await doctor(gateway)).code === 0, 15_000)
  const records = await refusals()
  // Records are sent each second: more than one has been by then.
  const startMs = performance.now()
  await eventually('traffic goes on', async () => (await hello()) === 200 && performance.now() - startMs > 2500)
  expect(await refusals()).toBe(records)
}, 150_000)
