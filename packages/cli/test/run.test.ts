import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HeddleError } from '@heddle/base'
import { describe, expect, it } from 'vitest'
import type { CommandSpec, Invocation } from '../src/command/command.js'
import { runCli } from '../src/run.js'
import { call, temporaryFolder } from './cli.fixture.js'

describe('help', () => {
  it('shows all commands on request, and as a usage error when nothing was said', async () => {
    const asked = await call(['--help'])
    expect(asked).toMatchObject({ code: 0, stderr: '' })
    expect(asked.stdout).toMatch(/^ {2}rollout status +Follow a Deployment/m)
    expect(await call(['-h'])).toEqual(asked)
    expect(await call(['help'])).toEqual(asked)
    expect(await call([])).toEqual({ code: 64, stdout: '', stderr: asked.stdout })
  })

  it('shows one command with examples before flags, in every spelling', async () => {
    const { code, stdout } = await call(['get', '--help'])
    expect(code).toBe(0)
    expect(stdout.indexOf('Examples:')).toBeLessThan(stdout.indexOf('Flags:'))
    expect(stdout).toContain('-o, --output FORMAT')
    expect(stdout).toContain('Flags of every command:')
    for (const argv of [
      ['help', 'get'],
      ['get', '-h'],
      ['get', 'pods', '--help'],
    ])
      expect((await call(argv)).stdout).toBe(stdout)
  })

  it('shows the commands below a word', async () => {
    const asked = await call(['rollout', '--help'])
    expect(asked).toMatchObject({ code: 0, stderr: '' })
    expect(asked.stdout).toMatch(/^heddle rollout status +Follow/m)
    expect(await call(['help', 'rollout'])).toEqual(asked)
    expect(await call(['rollout'])).toEqual({ code: 64, stdout: '', stderr: asked.stdout })
    expect((await call(['pc'])).stderr).toContain('heddle proxy-config clusters')
    const rotate = (await call(['ca', 'rotate'])).stderr
    expect(rotate).toMatch(/^heddle ca rotate plan /)
    expect(rotate).not.toContain('ca status')
    expect((await call(['ca', 'rotate', '-h'])).stdout).toBe(rotate)
  })
})

it.each([['port-forward', 'kubectl --kubeconfig FILE']])('%s of another tool is refused with what does it here', async (word, hint) => {
  expect(await call([word, 'x'])).toMatchObject({ code: 64, stderr: expect.stringContaining(hint) })
})

it('says what is wrong with a file in a sentence', async () => {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, 'file'), '')
  for (const [words, message] of [
    [['ca', 'init', '--out', 'file/x'], 'file/x" cannot be used: a part of its path is a file, not a folder (ENOTDIR)'],
    [['cert', 'inspect', 'nope.pem'], 'the path "nope.pem" does not exist'],
    [['cert', 'inspect', '.'], '"." cannot be read: it is a folder, not a file'],
  ] as const)
    expect(await call(words, { cwd })).toMatchObject({ code: 1, stderr: expect.stringContaining(message) })
})

it('gives only its own version with --client', async () => {
  expect((await call(['version', '--client'])).stdout).toMatch(/^client version: \S+\n$/)
})

describe('what is wrong with a command line ends with 64 and says', () => {
  it.each([
    [['aply', '-f', 'x'], 'there is no command "aply"; did you mean "apply"?'],
    [['demo', '-f', 'x', '--ports', 'random'], '--ports random is neither istio nor auto'],
    [['version', '-o', 'xml'], '-o xml is not one of json, yaml'],
    [['ps', '-o', 'xml'], '-o xml is not one of json, yaml'],
    [['pc', 'ep', 'web', '-o', 'xml'], '-o xml is not one of json, yaml'],
    [['logs', 'web', '-c', 'app', '--all-containers'], 'a container (-c) and --all-containers exclude each other'],
    [['ca', 'rotate', 'strat'], 'there is no command "ca rotate strat"; did you mean "ca rotate start"?'],
    [['ca', 'rotat'], 'there is no command "ca rotat"; did you mean "ca rotate"?'],
    [['ca', 'bundle', 'set', 'a/b', '--url', 'https://x/'], '"a/b" is no trust domain: '],
    [['ca', 'bundle', 'set', '', '--url', 'https://x/'], '"" is no trust domain: '],
    [['ca', 'allow', ''], 'say whom: '],
    [['ca', 'init', '--trust-domain', 'a/b'], '--trust-domain "a/b" is no trust domain'],
    [['rollout', 'statsu'], 'there is no command "rollout statsu"; did you mean "rollout status"?'],
    [['get', 'pods', '--al-namespaces'], 'heddle get has no flag --al-namespaces; did you mean --all-namespaces?'],
    [['get', 'pods', '--all'], 'heddle get has no flag --all; did you mean --all-namespaces?'],
    [['rollout', 'undo', 'deploy/web'], 'there is no command "rollout undo"\n  A real kubectl does this'],
    [['rollout', 'restart', 'web'], 'say which Deployment: deploy/NAME\n  Such as deploy/web.'],
    [['get', 'pods', '-z'], 'heddle get has no flag -z'],
    [['get', 'pods', '-o'], "heddle get: Option '-o, --output <value>' argument missing"],
    [['get', 'pods', '-o', 'toml'], '-o toml is not one of wide, yaml, json, name'],
    [['-n', 'x'], 'say which command'],
    [['apply'], 'say which file with -f FILE; "-" is standard input'],
    [['apply', '-f', 'http://127.0.0.1/app.yaml'], '-f http://127.0.0.1/app.yaml is an address, and only files, folders and "-" are read'],
    [['up', '--ports', 'random'], '--ports random is neither istio nor auto'],
    [['up', '--state='], '--state needs a folder'],
    [['get', 'pods', '--state', ''], '--state needs a folder'],
    [['up', '--seed', '1.5'], '--seed 1.5 is not a whole number'],
    [['up', '--trust-domain', 'Bad_Domain'], '--trust-domain "Bad_Domain" is no trust domain: '],
    [['up', '--trust-domain', 'mesh/x'], '--trust-domain "mesh/x" is no trust domain: '],
    [['install', '--dry-run', '--trust-domain='], '--trust-domain "" is no trust domain: '],
    [['install', '--profile', 'minimal'], 'there is no profile "minimal"; the one there is is demo'],
    [['exec', 'web'], 'say what to run after --'],
    [['rollout', 'status', 'helloworld'], 'say which Deployment: deploy/NAME'],
    [['label', 'pod', 'web'], 'say which labels to set (key=value) or to remove (key-)'],
    [['cert', 'issue', '--as', 'default'], 'say whose identity with --as NAMESPACE/ACCOUNT'],
    [['cert', 'issue', '--as', 'default/default', '--ttl', 'long'], '--ttl: '],
    [['completion', 'tcsh'], 'say which shell: bash, zsh, fish'],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await call(argv)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toContain(`error: ${message}`)
    expect(stderr).toContain('(HEDDLE_CLI_USAGE)')
  })
})

describe('what a command throws', () => {
  const failing = (error: unknown): readonly CommandSpec[] => [
    { path: ['fail'], summary: 'Fail', examples: [], load: async () => () => Promise.reject(error as Error) },
  ]
  const outcomeOf = async (error: unknown, argv: readonly string[] = ['fail'], signal: AbortSignal = new AbortController().signal) => {
    let stderr = ''
    const streams = {
      stdin: (async function* () {})(),
      stdout: { write: () => {} },
      stderr: { write: (text: string | Uint8Array) => void (stderr += String(text)) },
    } satisfies Invocation['streams']
    return { code: await runCli(argv, { streams, env: {}, cwd: '/', signal }, failing(error)), stderr }
  }

  it('is a sentence, a hint and a code', async () => {
    const error = new HeddleError({ code: 'HEDDLE_CLI_FILE', message: 'no such file', hint: 'Look.' })
    expect(await outcomeOf(error)).toEqual({ code: 1, stderr: 'error: no such file\n  Look.\n  (HEDDLE_CLI_FILE)\n' })
  })

  it('shows its stack only with --debug', async () => {
    expect((await outcomeOf(new TypeError('boom'))).stderr).not.toMatch(/^ +at /m)
    const { code, stderr } = await outcomeOf(new TypeError('boom'), ['fail', '--debug'])
    expect(code).toBe(1)
    expect(stderr).toContain('(HEDDLE_CLI_INTERNAL)')
    expect(stderr).toMatch(/TypeError: boom\n +at /)
  })

  it('is printed as kubectl does when the API refused', async () => {
    const cause = { kind: 'Status', code: 403, reason: 'Forbidden' }
    expect(await outcomeOf(new HeddleError({ code: 'HEDDLE_API_STATUS', message: 'not you', cause }))).toEqual({
      code: 1,
      stderr: 'Error from server (Forbidden): not you\n',
    })
  })

  it.each([
    ['HEDDLE_CLI_BAD_DATA', 65],
    ['HEDDLE_API_UNREACHABLE', 69],
    ['HEDDLE_CLI_NO_ISTIOD', 69],
    ['HEDDLE_ANYTHING', 1],
  ])('%s ends with %i', async (code, expected) => {
    expect((await outcomeOf(new HeddleError({ code, message: 'x' }))).code).toBe(expected)
  })

  it('is nothing to talk about after Ctrl-C, which ends with 130', async () => {
    expect(await outcomeOf(new Error('aborted'), ['fail'], AbortSignal.abort())).toEqual({ code: 130, stderr: '' })
  })

  it('is said after Ctrl-C, too, when the disk took nothing more', async () => {
    const error = Object.assign(new Error('write'), { code: 'ENOSPC' })
    expect(await outcomeOf(error, ['fail'], AbortSignal.abort())).toEqual({
      code: 74,
      stderr: expect.stringMatching(/^error: no space is left on the disk \(ENOSPC\)\n.*\n {2}\(HEDDLE_CLI_DISK\)\n$/),
    })
  })
})

describe('without a mesh', () => {
  it('get says with 69 how to start one', async () => {
    const { code, stderr } = await call(['get', 'pods', '--state', 'nowhere'])
    expect(code).toBe(69)
    expect(stderr).toMatch(/no local mesh has been started with the state folder .*nowhere\n {2}Start one with "heddle up"/)
  })

  it('version is that of the program, and down has nothing to do', async () => {
    const version = await call(['version', '--state', 'nowhere'])
    expect(version).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^client version: \d+\.\d+\.\d+\nserver version: no mesh is running\n$/),
    })
    expect((await call(['--version', '--client'])).stdout).toContain('client version: ')
    expect(JSON.parse((await call(['version', '--client', '-o', 'json'])).stdout)).toEqual({ clientVersion: expect.any(String) })
    expect(await call(['down', '--state', 'nowhere'])).toMatchObject({ code: 0, stdout: expect.stringContaining('no mesh runs') })
  })
})
