import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stateFolderOf } from '../../src/target/state-folder.js'
import { call, configMap, type Platform, startPlatform, temporaryFolder } from '../cli.fixture.js'

describe('the state folder', () => {
  const folderOf = (cwd: string, said?: string, env: Readonly<Record<string, string>> = {}): string => {
    const flags = { string: (name: string) => (name === 'state' ? said : undefined), strings: () => [], boolean: () => false }
    return stateFolderOf({ flags, env, cwd })
  }

  it('is what was said, else the environment, else the nearest .heddle of a mesh, else of the user', () => {
    const cwd = temporaryFolder()
    const deep = join(cwd, 'a/b')
    mkdirSync(join(cwd, '.heddle'), { recursive: true })
    mkdirSync(join(cwd, 'a/.heddle'), { recursive: true })
    mkdirSync(deep, { recursive: true })
    writeFileSync(join(cwd, '.heddle/kubeconfig'), '')
    const env = { HEDDLE_STATE: 'env', XDG_STATE_HOME: join(cwd, 'user') }
    expect(folderOf(deep, 'said', env)).toBe(join(deep, 'said'))
    expect(folderOf(deep, undefined, env)).toBe(join(deep, 'env'))
    expect(folderOf(deep)).toBe(join(cwd, '.heddle'))
    if (process.platform === 'linux')
      expect(folderOf(temporaryFolder(), undefined, { XDG_STATE_HOME: '/users/state' })).toBe('/users/state/heddle')
  })
})

describe('the target', () => {
  let mesh: Platform
  beforeAll(async () => {
    mesh = await startPlatform()
    await mesh.cliWith({ input: configMap('seen') }, 'apply', '-f', '-')
  })
  afterAll(() => mesh?.close())

  it('is the cluster of a kubeconfig', async () => {
    const cwd = temporaryFolder()
    copyFileSync(mesh.access.kubeconfigPath, join(cwd, 'config'))
    expect((await call(['get', 'cm', 'seen', '-o', 'name', '--kubeconfig', 'config'], { cwd })).stdout).toBe('configmap/seen\n')
    expect(await call(['get', 'cm', '--kubeconfig', 'config', '--context', 'none'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: there is no context "none" in \S+config; it has heddle\n/),
    })
    expect(await call(['get', 'cm', '--kubeconfig', 'no-such'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('HEDDLE_KUBECONFIG_INVALID'),
    })
  })

  it('is the local mesh of the folder that is named', async () => {
    expect((await call(['get', 'cm', 'seen', '-o', 'name', '--state', mesh.stateDir])).stdout).toBe('configmap/seen\n')
  })
})

describe('down', () => {
  it('deletes no folder that is not a state folder', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'precious'))
    const { code, stderr } = await call(['down', '--state', 'precious', '--purge'], { cwd })
    expect(code).toBe(1)
    expect(stderr).toContain('does not look like a state folder; nothing was deleted')
    expect(existsSync(join(cwd, 'precious'))).toBe(true)
  })

  it('deletes the state of a mesh that has stopped', async () => {
    const mesh = await startPlatform()
    await mesh.close()
    expect((await call(['down', '--state', mesh.stateDir, '--purge'])).stdout).toContain(`deleted ${mesh.stateDir}`)
    expect(existsSync(mesh.stateDir)).toBe(false)
  })
})

it('a reader that closes the pipe is no error', async () => {
  const bin = resolve(import.meta.dirname, '../../src/bin.ts')
  const child = spawn(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', bin, 'completion', 'bash'])
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  const code = await new Promise((done) => child.once('close', done))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
