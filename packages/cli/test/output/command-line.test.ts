import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nextCommands } from '../../src/commands/up.js'
import { stateFlag } from '../../src/output/command-line.js'
import { temporaryFolder } from '../cli.fixture.js'

describe('commands for another terminal', () => {
  it('name the state folder unless it is found without', () => {
    const cwd = temporaryFolder()
    const own = join(cwd, '.heddle')
    const env = { XDG_STATE_HOME: join(cwd, 'user'), HEDDLE_STATE: '/set/here' }
    expect(stateFlag({ env, cwd }, '/set/here')).toBe(' --state /set/here')
    expect(stateFlag({ env, cwd }, own)).toBe(` --state ${own}`)
    mkdirSync(own)
    writeFileSync(join(own, 'kubeconfig'), '')
    expect(stateFlag({ env, cwd }, own)).toBe('')
  })

  it('are quoted for a shell', () => {
    const cwd = temporaryFolder()
    expect(stateFlag({ env: {}, cwd }, "/a mesh/o'clock")).toBe(String.raw` --state '/a mesh/o'\''clock'`)
  })

  it('call the program as this one was called', () => {
    const cwd = temporaryFolder()
    const commands = (env: Readonly<Record<string, string>>): readonly string[] => nextCommands({ env, cwd }, '/m')
    expect(commands({})).toEqual(['heddle apply -f <(heddle kube-inject -f helloworld.yaml) --state /m', 'heddle get pod,svc --state /m'])
    expect(commands({ npm_command: 'exec' })).toEqual([
      'npx heddle apply -f <(npx heddle kube-inject -f helloworld.yaml) --state /m',
      'npx heddle get pod,svc --state /m',
    ])
  })
})
