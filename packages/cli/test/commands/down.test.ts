/** `heddle down` beside processes that are not its own, and after crashes. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { call, temporaryFolder } from '../cli.fixture.js'

const children: ChildProcess[] = []
const pods: number[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const pid of pods.splice(0)) if (runs(pid)) process.kill(pid, 'SIGKILL')
})

/** A process that has ended and only waits for its parent to notice does not run. */
function runs(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

const ended = (child: ChildProcess): Promise<unknown> => new Promise((done) => child.once('exit', done))

/** A platform whose one Pod is ready. */
async function platformWithPod(): Promise<{ stateDir: string; platform: ChildProcess; podPid: number }> {
  const stateDir = join(temporaryFolder(), 'state')
  const program = fileURLToPath(new URL('../platform-process.ts', import.meta.url))
  const platform = start(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', program, stateDir])
  const podPid = await new Promise<number>((done, fail) => {
    platform.stdout?.once('data', (bytes: Buffer) => done(Number(bytes.toString('utf8'))))
    platform.once('exit', () => fail(new Error('the platform ended')))
  })
  pods.push(podPid)
  return { stateDir, platform, podPid }
}

describe('down', () => {
  it('leaves alone a stranger that has the number of a mesh which crashed', async () => {
    const stateDir = join(temporaryFolder(), 'state')
    mkdirSync(stateDir)
    const stranger = start('sleep', ['60'])
    writeFileSync(join(stateDir, 'lock'), JSON.stringify({ pid: stranger.pid, start: 'another time' }))
    expect(await call(['down', '--state', stateDir])).toMatchObject({ code: 0, stdout: expect.stringContaining('no mesh runs') })
    expect(stranger.signalCode).toBeNull()
    expect(runs(stranger.pid as number)).toBe(true)
  })

  it('ends what a killed platform left running, keeps its records, and then has nothing to do', async () => {
    const { stateDir, platform, podPid } = await platformWithPod()
    platform.kill('SIGKILL')
    await ended(platform)
    expect(runs(podPid)).toBe(true)
    const { code, stdout } = await call(['down', '--state', stateDir])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `ended 1 process that a mesh which crashed had left running\nthe mesh of ${stateDir} is down\n`,
    })
    expect(runs(podPid)).toBe(false)
    expect(readdirSync(join(stateDir, 'runtime/pods'))).toHaveLength(1)
    expect((await call(['down', '--state', stateDir])).stdout).toContain('no mesh runs')
  })

  it('deletes the folder with --purge only after the processes have ended', async () => {
    const { stateDir, platform, podPid } = await platformWithPod()
    platform.kill('SIGKILL')
    await ended(platform)
    expect((await call(['down', '--state', stateDir, '--purge'])).stdout).toContain(`deleted ${stateDir}`)
    expect({ runs: runs(podPid), folder: existsSync(stateDir) }).toEqual({ runs: false, folder: false })
  })

  it('gives up after its deadline, and ends the Pods of a platform that dies of the signal', async () => {
    const { stateDir, platform, podPid } = await platformWithPod()
    platform.kill('SIGSTOP')
    const late = await call(['down', '--state', stateDir, '--timeout', '200ms'])
    expect({ code: late.code, stderr: late.stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`pid ${platform.pid}\\) did not end within 0.2 s[^]*HEDDLE_CLI_TIMEOUT`)),
    })
    expect(runs(podPid)).toBe(true)
    platform.kill('SIGCONT')
    expect((await call(['down', '--state', stateDir])).code).toBe(0)
    expect(runs(podPid)).toBe(false)
  })
})
