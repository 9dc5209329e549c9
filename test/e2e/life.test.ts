import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ask, startLoad } from './http.fixture.js'
import { heddle, type Mesh, livingProcesses, repositoryRoot, startMesh } from '../mesh.fixture.js'

const manifest = join(repositoryRoot, 'apps/helloworld/manifests/helloworld.yaml')
const soon = { timeout: 10_000, interval: 25 }

const open: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'heddle-e2e-'))
  open.push(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const demo = (stateDir: string, file: string) => heddle(['demo', '--once', '--ports', 'auto', '--state', stateDir, '-f', file])

describe('a mesh that comes and goes', () => {
  it('once: prints the answer, says what was checked, and leaves no process', { timeout: 60_000 }, async () => {
    const stateDir = join(folder(), 'state')
    const { code, stdout, stderr } = await demo(stateDir, manifest)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^ *Hello world v1$/m)
    expect(stdout).toMatch(/mutual TLS: spiffe:\/\/cluster\.local\/ns\/default\/sa\/default +plaintext refused/)
    expect(livingProcesses(stateDir)).toEqual([])
  })

  it('leaves no process behind when the manifest is at fault either', async () => {
    const made = folder()
    const stateDir = join(made, 'state')
    const file = join(made, 'bad.yaml')
    writeFileSync(file, 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  prots: []\n')
    const { code, stderr } = await demo(stateDir, file)
    expect(code).toBe(65)
    expect(stderr).toContain(`${file}:6:3`)
    expect(livingProcesses(stateDir)).toEqual([])
  })

  it('stops at once when nothing is in flight, even with clients that say nothing', async () => {
    const mesh = keep(await startMesh())
    await mesh.inject(manifest)
    await mesh.must('rollout', 'status', 'deploy/helloworld-v1', '--timeout', '30')
    const url = `${mesh.gatewayUrl}/api/hello`
    // At once: whoever waited for the rollout meets no 503.
    expect((await ask(url)).status).toBe(200)
    const silent = connect(Number(new URL(url).port), '127.0.0.1')
    silent.on('error', () => {})
    await new Promise((resolve) => silent.once('connect', resolve))
    // Control plane, gateway, sidecar, application: so that none below means none.
    if (process.platform === 'linux') expect(livingProcesses(mesh.stateFolder).length).toBeGreaterThanOrEqual(4)
    // Well below the five seconds that a drain may take when something is in flight.
    const startedMs = performance.now()
    expect(await mesh.stop()).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(4500)
    expect(livingProcesses(mesh.stateFolder)).toEqual([])
  })

  it('two side by side have gateways, names and applications of their own', { timeout: 60_000 }, async () => {
    const [one, other] = (await Promise.all([startMesh(), startMesh()])).map(keep) as [Mesh, Mesh]
    expect(one.gatewayUrl).not.toBe(other.gatewayUrl)
    await one.inject(manifest)
    await one.must('rollout', 'status', 'deploy/helloworld-v1', '--timeout', '30')
    await expect.poll(() => ask(`${one.gatewayUrl}/api/hello`), soon).toEqual({ status: 200, body: 'Hello world v1' })
    const load = startLoad(`${one.gatewayUrl}/api/hello`)
    await other.inject(manifest)
    await other.must('rollout', 'status', 'deploy/helloworld-v1', '--timeout', '30')
    await expect.poll(() => ask(`${other.gatewayUrl}/api/hello`), soon).toEqual({ status: 200, body: 'Hello world v1' })
    await other.must('delete', 'deploy', 'helloworld-v1')
    await expect.poll(async () => (await ask(`${other.gatewayUrl}/api/hello`)).status, soon).toBe(503)
    await other.stop()
    load.stop()
    expect(Object.keys(await load.done)).toEqual(['200 Hello world v1'])
  })
})

function keep(mesh: Mesh): Mesh {
  open.push(() => mesh.stop())
  return mesh
}
