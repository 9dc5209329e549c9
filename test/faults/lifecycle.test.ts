/** How a mesh ends: on Ctrl-C at any moment, on a closed terminal, and when what it was asked to run cannot run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  endAll,
  environment,
  eventually,
  heddle,
  helloManifest,
  heddleProgram,
  livingProcesses,
  newStateFolder,
  startMesh,
  startOf,
  temporaryFolder,
} from '../mesh.fixture.js'

afterAll(endAll)

const isReleased = (stateFolder: string): boolean => !existsSync(join(stateFolder, 'lock'))

/** A program in the foreground of a terminal of its own, as `npm start` runs it. */
function start(args: readonly string[]): {
  readonly child: ChildProcess
  readonly closed: Promise<number | null>
  readonly output: () => string
} {
  const child = spawn(process.execPath, [heddleProgram, ...args], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  return { child, closed: new Promise((resolve) => child.once('close', resolve)), output: () => output }
}

describe('a mesh with an application', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops everything that it started on %s',
    async (signal) => {
      const mesh = await startMesh()
      const injected = await heddle(['kube-inject', '-f', helloManifest])
      await mesh.heddle(['apply', '-f', '-'], { input: injected.stdout })
      // Not awaited until ready: it must also stop what is only starting.
      await eventually('the sidecar was started', () => mesh.processes().length >= 3)
      const pids = livingProcesses(mesh.stateFolder)
      mesh.child.kill(signal)
      expect(await mesh.closed).toBe(0)
      expect(pids.filter((pid) => startOf(pid) !== undefined)).toEqual([])
      expect(livingProcesses(mesh.stateFolder)).toEqual([])
      expect(isReleased(mesh.stateFolder)).toBe(true)
    },
    30_000,
  )

  test('that is interrupted while it starts leaves nothing running and ends with 130', async () => {
    const stateFolder = newStateFolder()
    const { child, closed } = start(['up', '--state', stateFolder, '--ports', 'auto'])
    await eventually('the first process', () => livingProcesses(stateFolder).length > 0)
    child.kill('SIGINT')
    expect(await closed).toBe(130)
    expect(livingProcesses(stateFolder)).toEqual([])
    expect(isReleased(stateFolder)).toBe(true)
  })

  test('is ended by heddle down from elsewhere', async () => {
    const mesh = await startMesh()
    expect(await mesh.heddle(['down'])).toMatchObject({ code: 0, stdout: expect.stringContaining('is down') })
    expect(await mesh.closed).toBe(0)
    expect(livingProcesses(mesh.stateFolder)).toEqual([])
  })
})

describe('the demo behind npm start', () => {
  const demo = (stateFolder: string, manifest: string) => ['demo', '--state', stateFolder, '--ports', 'auto', '-f', manifest]

  test('that is given a broken manifest starts nothing and says cause, command and exit code', async () => {
    const stateFolder = newStateFolder()
    const manifest = join(temporaryFolder(), 'broken.yaml')
    writeFileSync(manifest, readFileSync(helloManifest, 'utf8').replace('targetPort', 'tragetPort'))
    const outcome = await heddle(demo(stateFolder, manifest))
    expect(outcome.code).toBe(65)
    expect(outcome.stderr).toMatch(/broken\.yaml:9:5: error: spec\.ports\[0\]\.tragetPort: .*"targetPort"/)
    expect(outcome.stderr).toMatch(/✘ 1 fault found, nothing was applied\n {4}try: Mend the manifest, .*\n {4}exit code 65\n/)
    expect(existsSync(join(stateFolder, 'store'))).toBe(false)
    expect(livingProcesses(stateFolder)).toEqual([])
  })

  test('that the API refuses leaves nothing running', async () => {
    const stateFolder = newStateFolder()
    const manifest = join(temporaryFolder(), 'refused.yaml')
    writeFileSync(manifest, readFileSync(helloManifest, 'utf8').replace('name: helloworld\n', 'name: helloworld\n  namespace: nowhere\n'))
    const outcome = await heddle(demo(stateFolder, manifest))
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(/✘ .*namespaces "nowhere" not found.*\n {4}try: .*heddle .*\n {4}exit code 1\n/)
    expect(livingProcesses(stateFolder)).toEqual([])
    expect(isReleased(stateFolder)).toBe(true)
  })

  test('whose image nobody knows says so, and Ctrl-C ends it', async () => {
    const stateFolder = newStateFolder()
    const manifest = join(temporaryFolder(), 'image.yaml')
    writeFileSync(manifest, readFileSync(helloManifest, 'utf8').replace('haseebm/helloworld-kubernetes', 'example/unknown'))
    const { child, closed, output } = start(demo(stateFolder, manifest))
    await eventually('the mesh is up', () => output().includes('ingress gateway'))
    await eventually('the Pod was refused its image', async () =>
      (await heddle(['get', 'pods', '--state', stateFolder])).stdout.includes('ErrImagePull'),
    )
    child.kill('SIGINT')
    expect(await closed).toBe(130)
    expect(livingProcesses(stateFolder)).toEqual([])
    expect(isReleased(stateFolder)).toBe(true)
  })
})
