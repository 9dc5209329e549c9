/** `kill -9` of each part and of everything, under load: who fails, who takes over, what is still there afterwards. */
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, startLoad } from './load.fixture.js'
import {
  endAll,
  eventually,
  heddle,
  helloManifest,
  killProcess,
  livingProcesses,
  type Mesh,
  newStateFolder,
  type PodProcess,
  startMesh,
} from '../mesh.fixture.js'

const stateFolder = newStateFolder()
const requestsPerSecond = 200
let mesh: Mesh

beforeAll(async () => {
  mesh = await startMesh({ stateFolder })
  const manifest = readFileSync(helloManifest, 'utf8').replace('replicas: 1', 'replicas: 2')
  const injected = await heddle(['kube-inject', '-f', '-'], { input: manifest })
  expect(await mesh.heddle(['apply', '-f', '-'], { input: injected.stdout })).toMatchObject({ code: 0, stderr: '' })
  await mesh.heddle(['rollout', 'status', 'deploy/helloworld-v1', '--timeout', '30'])
  await allSynced()
  await eventually('the article answers', async () => (await hello()) === 200)
}, 60_000)

afterAll(endAll)

const hello = async (): Promise<number> => (await answerOf(`${mesh.gatewayUrl}/api/hello`)).status
const deployment = (name: string): string => `/apis/apps/v1/namespaces/istio-system/deployments/${name}`
const processOf = (container: string): PodProcess | undefined => mesh.processes().find((one) => one.container === container)
const identities = (processes: readonly PodProcess[]): readonly string[] =>
  processes.map(({ pod, container, pid, start }) => `${pod}/${container} ${pid} ${start}`).toSorted()

/** Every proxy has acknowledged all that the control plane has for it. @returns when the look began that saw it, since `performance.timeOrigin` */
function allSynced(): Promise<number> {
  return eventually('every proxy is SYNCED', async () => {
    const lookedMs = performance.now()
    const { code, stdout } = await mesh.heddle(['proxy-status'])
    const rows = stdout.trim().split('\n').slice(1)
    const isSynced = code === 0 && rows.length === 3 && rows.every((row) => row.includes('SYNCED') && !/NOT SENT|STALE|ERROR/.test(row))
    return isSynced ? lookedMs : undefined
  })
}

async function podUids(): Promise<readonly string[]> {
  const all = [...(await mesh.pods('default')), ...(await mesh.pods('istio-system'))]
  return all.map(({ metadata }) => metadata.uid).toSorted()
}

/** Requests that the Pod's sidecar has let in, by its own count. */
async function servedBy(podIp: string): Promise<number> {
  const { body } = await answerOf(`http://${podIp}:15090/stats/prometheus`)
  const counts = body.split('\n').filter((line) => line.startsWith('istio_requests_total{') && line.includes('reporter="destination"'))
  return counts.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

test('istiod killed under load costs no request, and within 5 s of its return every proxy is SYNCED and nothing was made anew', async () => {
  const before = mesh.processes()
  const uids = await podUids()
  const istiod = processOf('discovery') as PodProcess
  const load = startLoad(`${mesh.gatewayUrl}/api/hello`, requestsPerSecond)
  await eventually('load runs', () => load.sent > requestsPerSecond / 2)
  killProcess(istiod)
  const next = await eventually('istiod runs again', () => {
    const found = processOf('discovery')
    return found && found.pid !== istiod.pid ? found : undefined
  })
  const restartedMs = performance.now()
  expect((await allSynced()) - restartedMs).toBeLessThanOrEqual(5000)
  const report = await load.stop()
  expect(report.failed).toEqual([])
  expect(report.succeeded).toBe(report.sent)
  expect(next).toMatchObject({ pod: istiod.pod, restartCount: istiod.restartCount + 1 })
  expect(await podUids()).toEqual(uids)
  const others = (processes: readonly PodProcess[]) => identities(processes.filter(({ container }) => container !== 'discovery'))
  expect(others(mesh.processes())).toEqual(others(before))
}, 60_000)

test('one of two sidecars killed while istiod is down costs only what was in flight, and it serves again from its last good configuration', async ({
  onTestFinished,
}) => {
  await mesh.send('PATCH', deployment('istiod'), { spec: { replicas: 0 } })
  onTestFinished(async () => {
    await mesh.send('PATCH', deployment('istiod'), { spec: { replicas: 1 } })
    await allSynced()
  })
  await eventually('istiod is gone', () => processOf('discovery') === undefined)
  const victim = mesh.processes().find(({ container, namespace }) => container === 'istio-proxy' && namespace === 'default') as PodProcess
  const podIp = (await mesh.pods('default')).find(({ metadata }) => metadata.name === victim.pod)?.status.podIP as string

  const load = startLoad(`${mesh.gatewayUrl}/api/hello`, requestsPerSecond)
  await eventually('load runs', () => load.sent > requestsPerSecond / 2)
  const killedAtMs = load.elapsedMs
  killProcess(victim)
  await eventually('the sidecar is ready again', async () => {
    const found = mesh.processes().find(({ container, pod }) => container === 'istio-proxy' && pod === victim.pod)
    if (!found || found.pid === victim.pid) return undefined
    return (await answerOf(`http://${podIp}:15021/healthz/ready`)).status === 200 ? true : undefined
  })
  const served = await servedBy(podIp)
  await eventually('the sidecar serves its share again', async () => (await servedBy(podIp)) > served + 20)
  const report = await load.stop()
  expect(processOf('discovery')).toBeUndefined()
  // In flight: sent before its end was felt, a moment of 200 requests a second.
  expect(report.failed.filter(({ atMs }) => atMs < killedAtMs - 250 || atMs > killedAtMs + 50)).toEqual([])
  expect(report.failed.length).toBeLessThanOrEqual(5)
}, 60_000)

test('a rolling restart costs no request', async () => {
  const old = new Set(mesh.processes().map(({ pod }) => pod))
  const load = startLoad(`${mesh.gatewayUrl}/api/hello`, requestsPerSecond)
  await eventually('load runs', () => load.sent > requestsPerSecond / 2)
  expect(await mesh.heddle(['rollout', 'restart', 'deploy/helloworld-v1'])).toMatchObject({ code: 0 })
  // What stays of the old ones is the gateway and istiod.
  await eventually('the Pods are new', () => {
    const pods = new Set(mesh.processes().map(({ pod }) => pod))
    return pods.size === 4 && [...pods].filter((pod) => old.has(pod)).length === 2
  })
  await allSynced()
  const report = await load.stop()
  expect(report.failed).toEqual([])
  expect(report.succeeded).toBe(report.sent)
}, 60_000)

test('a gateway that is restarted serves on at the address that users know', async () => {
  const gatewayPods = async (): Promise<readonly string[]> =>
    (await mesh.must('get', 'pods', '-n', 'istio-system', '-l', 'app=istio-ingressgateway', '-o', 'name')).trim().split('\n')
  const [old] = await gatewayPods()
  const load = startLoad(`${mesh.gatewayUrl}/api/hello`, requestsPerSecond)
  await eventually('load runs', () => load.sent > requestsPerSecond / 2)
  await mesh.must('rollout', 'restart', 'deploy/istio-ingressgateway', '-n', 'istio-system')
  await eventually('the new gateway is alone', async () => {
    const pods = await gatewayPods()
    return pods.length === 1 && pods[0] !== old
  })
  await eventually('it answers', async () => (await hello()) === 200)
  await allSynced()
  const { failed } = await load.stop()
  // The old one has closed the port, the new one has not opened it yet: a look every 100 ms.
  const moments = failed.map(({ atMs }) => atMs)
  expect(moments.filter((atMs) => atMs > (moments[0] ?? 0) + 1500)).toEqual([])
}, 60_000)

test('the platform killed leaves the Pods serving, and the next one adopts them', async () => {
  const before = mesh.processes()
  const uids = await podUids()
  const load = startLoad(`${mesh.gatewayUrl}/api/hello`, requestsPerSecond)
  await eventually('load runs', () => load.sent > requestsPerSecond / 2)
  await mesh.killPlatform()
  expect(identities(mesh.processes())).toEqual(identities(before))
  mesh = await startMesh({ stateFolder })
  await allSynced()
  const report = await load.stop()
  expect(report.failed).toEqual([])
  expect(identities(mesh.processes())).toEqual(identities(before))
  expect(await podUids()).toEqual(uids)
  expect(new Set(livingProcesses(stateFolder))).toEqual(new Set(before.map(({ pid }) => pid)))
}, 60_000)

test('everything killed comes back with all that was acknowledged, each process once', async () => {
  const uids = await podUids()
  const acknowledged: string[] = []
  const writing = (async () => {
    for (let at = 0; ; at++) {
      const name = `written-${at}`
      const status = await mesh.send('POST', '/api/v1/namespaces/default/configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name },
        data: { at: String(at) },
      })
      if (status === 201) acknowledged.push(name)
    }
  })().catch(() => {})
  await eventually('writes are acknowledged', () => acknowledged.length >= 20)
  const processes = mesh.processes()
  await mesh.killPlatform()
  for (const process of processes) killProcess(process)
  await writing
  await eventually('nothing runs', () => livingProcesses(stateFolder).length === 0)

  mesh = await startMesh({ stateFolder })
  await eventually('the article answers again', async () => (await hello()) === 200)
  await allSynced()
  const { items } = await mesh.get<{ items: readonly { metadata: { name: string } }[] }>('/api/v1/namespaces/default/configmaps')
  expect(items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(acknowledged))
  expect(await podUids()).toEqual(uids)
  const running = await eventually('every container runs', () =>
    mesh.processes().length === processes.length ? mesh.processes() : undefined,
  )
  const names = (list: readonly PodProcess[]) => list.map(({ pod, container }) => `${pod}/${container}`).toSorted()
  expect(names(running)).toEqual(names(processes))
  expect(new Set(livingProcesses(stateFolder))).toEqual(new Set(running.map(({ pid }) => pid)))

  expect(await mesh.interrupt()).toBe(0)
  expect(livingProcesses(stateFolder)).toEqual([])
}, 60_000)

test('down ends what a killed platform left, and deletes its state only then', async () => {
  mesh = await startMesh({ stateFolder })
  expect(livingProcesses(stateFolder).length).toBeGreaterThan(2)
  await mesh.killPlatform()
  const { code, stdout } = await mesh.heddle(['down', '--purge'])
  expect(stdout).toMatch(/^ended \d+ processes that a mesh which crashed had left running\nthe mesh of .* is down\ndeleted /)
  expect({ code, living: livingProcesses(stateFolder), isThere: existsSync(stateFolder) }).toEqual({ code: 0, living: [], isThere: false })
}, 60_000)
