/** logs, exec, proxy-config, proxy-status and the mesh's version, with a runtime that only answers. */
import { PassThrough } from 'node:stream'
import type { PodExecOptions, PodLogOptions, PodRuntime } from '@heddle/local-platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../src/run.js'
import { deployment, type Platform, pod, startPlatform, types } from '../cli.fixture.js'

const asked: { logs: PodLogOptions[]; exec: PodExecOptions[] } = { logs: [], exec: [] }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const runtime: PodRuntime = {
  async *logs(_namespace, name, options) {
    asked.logs.push(options)
    yield bytes(`${name} ${options.container ?? ''} one\n`)
    yield bytes('two\n')
    if (options.follow === true && options.signal !== undefined && !options.signal.aborted)
      await new Promise((resolve) => options.signal?.addEventListener('abort', resolve, { once: true }))
  },
  async *exec(_namespace, _name, options) {
    asked.exec.push(options)
    if (options.command[0] === 'echo-each') {
      for await (const data of options.stdin ?? []) yield { type: 'stdout', data }
      yield { type: 'exit', code: 0 }
      return
    }
    if (options.command[0] === 'ends-at-once') {
      yield { type: 'exit', code: 5 }
      return
    }
    let input = ''
    for await (const data of options.stdin ?? []) input += Buffer.from(data).toString('utf8')
    yield { type: 'stdout', data: bytes(`out ${options.command.join('|')} ${input}\n`) }
    yield { type: 'stderr', data: bytes('err\n') }
    yield { type: 'exit', code: options.command[0] === 'false' ? 3 : 0 }
  },
}

let mesh: Platform
beforeAll(async () => {
  mesh = await startPlatform(runtime)
  for (const name of ['web-1', 'web-2']) {
    await mesh.client.create(types.pods, {
      ...pod(name, { app: 'web' }),
      spec: {
        containers: [
          { name: 'app', image: 'a' },
          { name: 'istio-proxy', image: 'b' },
        ],
      },
    })
  }
  await mesh.client.patch(types.pods, 'web-2', { status: { phase: 'Running', podIP: '127.0.0.1' } }, 'default', 'status')
  await mesh.client.create(types.deployments, deployment('web', 0))
})
afterAll(() => mesh?.close())

describe('logs', () => {
  it('prints the output of a container', async () => {
    expect(await mesh.cli('logs', 'web-1', '-c', 'istio-proxy')).toEqual({ code: 0, stdout: 'web-1 istio-proxy one\ntwo\n', stderr: '' })
    expect((await mesh.cli('logs', 'web-1', 'app')).stdout).toContain('web-1 app one')
  })

  it('finds a running Pod by Deployment, and a Pod by its whole name, dots included', async () => {
    for (const words of [['deploy/web'], ['pod/web-2']])
      expect((await mesh.cli('logs', ...words, '-c', 'app')).stdout).toContain('web-2 app one')
    await mesh.client.create(types.pods, pod('my.pod', { app: 'dotted' }))
    expect((await mesh.cli('logs', 'my.pod')).stdout).toContain('my.pod app one')
    expect(await mesh.cli('logs', 'web-2.default')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('pods "web-2.default" not found in namespace default'),
    })
  })

  it('prints the last lines of every Pod that a selector picks', async () => {
    const { stdout } = await mesh.cli('logs', '-l', 'app=web', '-c', 'app')
    expect(stdout).toBe('web-1 app one\ntwo\nweb-2 app one\ntwo\n')
    expect(asked.logs.at(-1)?.tailLines).toBe(10)
    expect(await mesh.cli('logs', '-l', 'app=none')).toEqual({ code: 0, stdout: '', stderr: 'No resources found in default namespace.\n' })
    expect(await mesh.cli('logs', 'web-1', '-l', 'app=web')).toMatchObject({ code: 64 })
  })

  it('passes on how much is wanted', async () => {
    await mesh.cli('logs', 'web-1', '-c', 'app', '--tail', '5', '--since', '2m', '--timestamps', '-p')
    expect(asked.logs.at(-1)).toMatchObject({ tailLines: 5, sinceSeconds: 120, timestamps: true, previous: true })
    await mesh.cli('logs', 'web-1', '-c', 'app', '--tail=-1')
    expect(asked.logs.at(-1)?.tailLines).toBeUndefined()
    expect(await mesh.cli('logs', 'web-1', '--tail', 'few')).toMatchObject({ code: 64 })
    expect(await mesh.cli('logs', 'web-1', '--since', 'long')).toMatchObject({ code: 64 })
  })

  it('prints every container of a Pod', async () => {
    const { code, stdout } = await mesh.cli('logs', 'web-1', '--all-containers')
    expect(code).toBe(0)
    expect(stdout.match(/^web-1 \S+ one$/gm)?.toSorted()).toEqual(['web-1 app one', 'web-1 istio-proxy one'])
  })

  it('says with --prefix which Pod and container each line is of', async () => {
    const { stdout } = await mesh.cli('logs', '-l', 'app=web', '-c', 'app', '--prefix')
    expect(stdout).toBe('[pod/web-1/app] web-1 app one\n[pod/web-1/app] two\n[pod/web-2/app] web-2 app one\n[pod/web-2/app] two\n')
    expect((await mesh.cli('logs', 'web-1', '--all-containers', '--prefix')).stdout).toContain(
      '[pod/web-1/istio-proxy] web-1 istio-proxy one\n',
    )
  })

  it('follows until Ctrl-C', async () => {
    const stop = new AbortController()
    const onOutput = (text: string): void => void (text.includes('two') && stop.abort())
    const outcome = await mesh.cliWith({ signal: stop.signal, onOutput }, 'logs', '-f', 'web-1', '-c', 'app')
    expect(outcome).toEqual({ code: 130, stdout: 'web-1 app one\ntwo\n', stderr: '' })
  })

  it('names what is not there', async () => {
    expect(await mesh.cli('logs', 'nope')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('pods "nope" not found in namespace default'),
    })
    expect(await mesh.cli('logs', 'web')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is a Deployment of this name: deploy/web.'),
    })
    expect(await mesh.cli('logs', 'deploy/nope')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('deployments "nope" not found'),
    })
    expect(await mesh.cli('logs', 'cm/x')).toMatchObject({ code: 64, stderr: expect.stringContaining('"cm" has no Pods') })
    const live: object = deployment('kept')
    const set = { spec: {}, ...live, kind: 'StatefulSet' }
    await mesh.cliWith({ input: JSON.stringify({ ...set, spec: { serviceName: 'kept', ...set.spec } }) }, 'apply', '-f', '-')
    expect(await mesh.cli('logs', 'sts/kept')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no Pods of sts/kept in namespace default: the local platform does not run StatefulSets'),
    })
    for (const words of [[], ['pod/']]) expect(await mesh.cli('logs', ...words)).toMatchObject({ code: 64 })
    const input = 'apiVersion: v1\nkind: Service\nmetadata: {name: external}\nspec: {ports: [{port: 80}]}\n'
    await mesh.cliWith({ input }, 'apply', '-f', '-')
    expect(await mesh.cli('logs', 'svc/external')).toMatchObject({ code: 1, stderr: expect.stringContaining('no Pods of svc/external') })
    expect(await mesh.cli('logs', 'web-1', '-c', 'none')).toMatchObject({ code: 1, stderr: expect.stringContaining('Error from server (') })
  })
})

describe('exec', () => {
  it("gives the program's output and exit code", async () => {
    expect(await mesh.cli('exec', 'deploy/web', '-c', 'app', '--', 'curl', '-s', 'http://x')).toEqual({
      code: 0,
      stdout: 'out curl|-s|http://x \n',
      stderr: 'err\n',
    })
    expect((await mesh.cli('exec', 'web-1', '-c', 'app', '--', 'false')).code).toBe(3)
    expect(asked.exec.at(-1)).toMatchObject({ container: 'app', command: ['false'] })
  })

  it('passes standard input only when asked', async () => {
    expect((await mesh.cliWith({ input: 'hi' }, 'exec', '-i', 'web-1', '-c', 'app', '--', 'cat')).stdout).toBe('out cat hi\n')
    expect((await mesh.cliWith({ input: 'hi' }, 'exec', 'web-1', '-c', 'app', '--', 'cat')).stdout).toBe('out cat \n')
  })
})

describe('exec -i', () => {
  it('passes bytes as they are', async () => {
    const input = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a])
    const { chunks, code } = await binary([input], 'echo-each')
    expect({ code, bytes: Buffer.concat(chunks) }).toEqual({ code: 0, bytes: input })
  })

  it('passes more than any single request may hold', async () => {
    const input = Array.from({ length: 80 }, (_, index) => Buffer.alloc(64 * 1024, index))
    const { chunks, code } = await binary(input, 'echo-each')
    expect(code).toBe(0)
    expect(Buffer.concat(chunks).equals(Buffer.concat(input))).toBe(true)
  })

  it('answers each line before the next is typed', async () => {
    let next: (line: string) => void = () => {}
    const lines: (string | undefined)[] = ['one\n']
    const answered: string[] = []
    const typed = (async function* () {
      for (let line = lines.shift(); line !== undefined; line = await new Promise((resolve) => (next = resolve))) yield bytes(line)
    })()
    const onBytes = (chunk: Uint8Array): void => {
      answered.push(Buffer.from(chunk).toString('utf8'))
      next((answered.length === 1 ? 'two\n' : undefined) as string)
    }
    expect((await binaryFrom(typed, onBytes, 'echo-each')).code).toBe(0)
    expect(answered).toEqual(['one\n', 'two\n'])
  })

  it('ends with the program, though nothing was ever typed', async () => {
    const typed = new PassThrough()
    expect((await binaryFrom(typed, () => {}, 'ends-at-once')).code).toBe(5)
    expect(typed.destroyed).toBe(true)
  })

  it('says that there is no terminal rather than seeming to hang', async () => {
    const typed = Object.assign((async function* () {})(), { isTTY: true })
    const { code, stderr } = await binaryFrom(typed, () => {}, 'sh', '-t')
    expect(code).toBe(64)
    expect(stderr).toContain('the program cannot have a terminal (-t)')
  })

  async function binary(input: readonly Uint8Array[], command: string): Promise<{ chunks: Uint8Array[]; code: number }> {
    const chunks: Uint8Array[] = []
    const stdin = (async function* () {
      yield* input
    })()
    const { code } = await binaryFrom(stdin, (chunk) => chunks.push(chunk), command)
    return { chunks, code }
  }

  async function binaryFrom(
    stdin: AsyncIterable<Uint8Array>,
    onBytes: (chunk: Uint8Array) => void,
    command: string,
    ...flags: readonly string[]
  ): Promise<{ code: number; stderr: string }> {
    let stderr = ''
    const streams = {
      stdin,
      stdout: { write: (chunk: string | Uint8Array) => onBytes(chunk as Uint8Array) },
      stderr: { write: (chunk: string | Uint8Array) => void (stderr += String(chunk)) },
    }
    const argv = ['exec', '-i', ...flags, 'web-1', '-c', 'app', '--', command]
    const context = { streams, env: { HEDDLE_STATE: mesh.stateDir }, cwd: mesh.stateDir, signal: new AbortController().signal }
    return { code: await runCli(argv, context), stderr }
  }
})

describe('what is asked of Pods', () => {
  it('says that no istiod runs', async () => {
    const { code, stderr } = await mesh.cli('proxy-status')
    expect(code).toBe(69)
    expect(stderr).toContain('no istiod is running in istio-system')
    expect(await mesh.cli('cert', 'issue', '--as', 'default/default')).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('no istiod is running'),
    })
    expect(await mesh.cli('cert', 'issue', '--as', 'default/nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no service account "nobody" in namespace "default"'),
    })
  })

  it('says that a proxy cannot be reached', async () => {
    await mesh.client.patch(types.deployments, 'web', { spec: { selector: { matchLabels: { app: 'web' } } } }, 'default')
    for (const [index, word] of ['web-2', 'web-2.default', 'deploy/web.default', 'deploy/web'].entries())
      expect(
        (await mesh.cli('proxy-config', index % 2 === 0 ? 'routes' : 'all', word, ...(word.includes('.') ? ['-n', 'kube-system'] : [])))
          .stderr,
      ).toContain('of Pod default/web-2')
    expect((await mesh.cli('proxy-config', 'routes', 'web-2.shop')).stderr).toContain('pods "web-2" not found in namespace shop')
    const { code, stderr } = await mesh.cli('proxy-config', 'routes', 'web-1')
    expect(code).toBe(69)
    expect(stderr).toContain('it has no address yet')
    expect(stderr).toContain('heddle get pod web-1 -n default')
  })
})

describe('version', () => {
  it('is that of the program and of the API', async () => {
    expect((await mesh.cli('version')).stdout).toMatch(/^client version: (\S+)\nserver version: \S+\n$/)
    expect(Object.keys(JSON.parse((await mesh.cli('version', '-o', 'json')).stdout))).toEqual(['clientVersion', 'serverVersion'])
  })
})

describe('a mesh that has stopped', () => {
  it('is not unreachable but not running, with what to do', async () => {
    const stopped = await startPlatform()
    await stopped.close()
    const { code, stderr } = await stopped.cli('get', 'pods')
    expect(code).toBe(69)
    expect(stderr).toMatch(/no mesh is running with the state folder .*\n {2}Start one with "heddle up"/)
  })
})
