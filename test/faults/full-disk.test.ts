/** A disk that takes nothing more: writes are refused in words, the mesh goes on, and ends in order. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { endAll, heddle, livingProcesses, newStateFolder, startMesh } from '../mesh.fixture.js'

const canMount = process.getuid?.() === 0 && process.platform === 'linux'
const mounted: string[] = []

/** A small disk, or undefined where none can be mounted. */
function smallDisk(): string | undefined {
  const folder = newStateFolder()
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1500k', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  mounted.push(folder)
  return folder
}

let fillers = 0

function fill(disk: string): void {
  try {
    for (;;) writeFileSync(join(disk, `filler-${fillers++}`), Buffer.alloc(4096, 1))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  }
}

afterEach(() => {
  for (const folder of mounted.splice(0)) execFileSync('umount', ['-l', folder])
})
afterAll(endAll)

describe('a full disk', () => {
  test.skipIf(!canMount)('refuses changes, and the mesh goes on and ends in order', async ({ skip }) => {
    const disk = smallDisk() ?? skip('no file system can be mounted here')
    const stateFolder = join(disk, 'state')
    const mesh = await startMesh({ stateFolder })
    fill(disk)
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'big' }, data: { text: 'x'.repeat(500_000) } }
    const refused = await heddle(['apply', '--state', stateFolder, '-f', '-'], { input: JSON.stringify(object) })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('HEDDLE_STORE_WRITE') })
    expect(await heddle(['get', 'pods', '-A', '--state', stateFolder])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('istiod'),
    })
    const down = await heddle(['down', '--state', stateFolder])
    expect(down).toEqual({ code: 0, stdout: expect.stringMatching(/is down\n$/), stderr: '' })
    expect([0, 74], mesh.output()).toContain(await mesh.closed)
    expect(mesh.output()).not.toMatch(/HEDDLE_CLI_INTERNAL|at .*local-platform/)
    expect(livingProcesses(stateFolder)).toEqual([])
  })

  test.skipIf(!canMount)('is ended in order although something else takes the room that was kept for it', async ({ skip }) => {
    const disk = smallDisk() ?? skip('no file system can be mounted here')
    const stateFolder = join(disk, 'state')
    const mesh = await startMesh({ stateFolder })
    fill(disk)
    const taker = setInterval(() => fill(disk), 1)
    const down = await heddle(['down', '--state', stateFolder]).finally(() => clearInterval(taker))
    expect(down).toEqual({ code: 0, stdout: expect.stringMatching(/is down\n$/), stderr: '' })
    expect([0, 74], mesh.output()).toContain(await mesh.closed)
    expect(livingProcesses(stateFolder)).toEqual([])
  })

  test.skipIf(!canMount)('lets no mesh start, in one sentence, with the code of the handbook', async ({ skip }) => {
    const disk = smallDisk() ?? skip('no file system can be mounted here')
    fill(disk)
    const stateFolder = join(disk, 'state')
    const { code, stderr } = await heddle(['up', '--state', stateFolder, '--ports', 'auto'])
    expect(code).toBe(74)
    expect(stderr).toMatch(/^error: no space is left on the disk.* \(ENOSPC\)\n {2}Free some space .*\n {2}\(HEDDLE_CLI_DISK\)\n$/)
    expect(livingProcesses(stateFolder)).toEqual([])
    for (const name of readdirSync(disk)) if (name.startsWith('filler-')) rmSync(join(disk, name))
    const mesh = await startMesh({ stateFolder })
    expect(await mesh.interrupt()).toBe(0)
  })

  test.skipIf(!canMount)('leaves "down" what it needs after a crash', async ({ skip }) => {
    const disk = smallDisk() ?? skip('no file system can be mounted here')
    const stateFolder = join(disk, 'state')
    const mesh = await startMesh({ stateFolder })
    const { pid } = JSON.parse(readFileSync(join(stateFolder, 'lock'), 'utf8')) as { pid: number }
    fill(disk)
    process.kill(pid, 'SIGKILL')
    await mesh.closed
    expect(livingProcesses(stateFolder)).not.toEqual([])
    expect(await heddle(['down', '--state', stateFolder])).toMatchObject({ code: 0, stderr: '' })
    expect(livingProcesses(stateFolder)).toEqual([])
  })
})
