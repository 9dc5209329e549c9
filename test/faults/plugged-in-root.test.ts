/** Somebody's own authority plugged into a running mesh, by the commands that `heddle ca init` prints. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf } from './load.fixture.js'
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

test('running proxies adopt an authority that is plugged in, and talk to each other and to new ones within seconds', async () => {
  const folder = join(mesh.folder, 'cacerts')
  await mesh.must('ca', 'init', '--out', folder)
  await mesh.must('apply', '-f', join(folder, 'secret.yaml'))
  const gateway = 'deploy/istio-ingressgateway.istio-system'
  expect((await doctor(gateway)).code).toBe(0)
  await mesh.must('rollout', 'restart', 'deploy/istiod', '-n', 'istio-system')
  await mesh.must('rollout', 'status', 'deploy/istiod', '-n', 'istio-system', '--timeout', '30')
  // Neither the gateway nor the workload was restarted.
  await eventually('both ends are found right', async () => (await doctor(gateway)).code === 0, 15_000)
  await eventually('old ones talk', async () => (await hello()) === 200, 5000)
  await mesh.must('rollout', 'restart', 'deploy/helloworld-v1')
  await mesh.must('rollout', 'status', 'deploy/helloworld-v1', '--timeout', '30')
  await eventually('an old one and a new one talk', async () => (await hello()) === 200, 5000)
  const answers = await Promise.all(Array.from({ length: 20 }, hello))
  expect(answers.filter((status) => status !== 200)).toEqual([])
  // The Pod that was replaced may still be on its way out.
  await eventually('an old one and a new one are found right', async () => (await doctor(gateway)).code === 0, 15_000)
  const records = await refusals()
  // Records are sent each second: more than one has been by then.
  const startMs = performance.now()
  await eventually('traffic goes on', async () => (await hello()) === 200 && performance.now() - startMs > 2500)
  expect(await refusals()).toBe(records)
}, 60_000)
