/**
 * A whole mesh in processes of its own: started through the program a user starts, used through the command users call, found
 * again through the records in its state folder, and ended however a test left it. Nothing is built here; the built programs
 * are what is tested.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryRoot: string = fileURLToPath(new URL('..', import.meta.url))
export const heddleProgram: string = join(repositoryRoot, 'packages/cli/bin/heddle.js')
export const helloManifest: string = join(repositoryRoot, 'apps/helloworld/manifests/helloworld.yaml')

export interface Outcome {
  /** 1 for a program that a signal ended. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs any program to its end. */
export function run(command: string, args: readonly string[], { cwd, input, env = {} }: RunOptions = {}): Promise<Outcome> {
  const child = spawn(command, args, { cwd: cwd ?? repositoryRoot, env: { ...environment(), ...env } })
  const output = collect(child)
  // A program that does not read its input closes it early.
  child.stdin.on('error', () => {})
  child.stdin.end(input ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, ...output }))
  })
}

/** Runs `heddle` to its end. */
export function heddle(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run(process.execPath, [heddleProgram, ...args], options)
}

/** Whether a program such as curl is installed. */
export async function has(command: string): Promise<boolean> {
  return run(command, [command === 'openssl' ? 'version' : '--version']).then(
    ({ code }) => code === 0,
    () => false,
  )
}

/** The machine's, without what a shell of a person may have set for Heddle. */
export function environment(): NodeJS.ProcessEnv {
  const { HEDDLE_STATE: _state, NODE_OPTIONS: _options, ...rest } = process.env
  return { ...rest, NO_COLOR: '1' }
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  return output
}

/** Waiting longer would not help. */
class Hopeless extends Error {}

/** Asks again until `check` gives something. The bound is a test's failure, not its rhythm. */
export async function eventually<Value>(
  what: string,
  check: () => Promise<Value | undefined> | Value | undefined,
  boundMs = 30_000,
): Promise<Value> {
  const deadline = performance.now() + boundMs
  let last: unknown
  while (performance.now() < deadline) {
    try {
      const value = await check()
      if (value !== undefined && value !== false) return value
    } catch (error) {
      if (error instanceof Hopeless) throw error
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`not within ${boundMs} ms: ${what}${last instanceof Error ? ` (${last.message})` : ''}`)
}

export interface PodProcess {
  readonly pod: string
  readonly namespace: string
  readonly container: string
  readonly pid: number
  readonly start: string
  readonly restartCount: number
}

export interface Pod {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly namespace: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly status: {
    readonly phase: string
    readonly podIP: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

export interface Mesh {
  /** A folder for the test's files, with the state folder in it. */
  readonly folder: string
  readonly stateFolder: string
  readonly child: ChildProcess
  readonly gatewayUrl: string
  /** The API as an administrator. */
  get<Value>(path: string): Promise<Value>
  send(method: string, path: string, body: unknown): Promise<number>
  pods(namespace: string): Promise<readonly Pod[]>
  processes(): readonly PodProcess[]
  /** Runs the command against this mesh. */
  heddle(args: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Runs the command and gives its output. @throws Error with the output when it fails. */
  must(...args: readonly string[]): Promise<string>
  /** `apply -f` of what `kube-inject` makes of a manifest. @throws Error with the output when it fails. */
  inject(manifest: string, ...flags: readonly string[]): Promise<string>
  /** What `heddle up` has printed. */
  output(): string
  /** Resolves with its exit code when `heddle up` has ended. */
  readonly closed: Promise<number | null>
  /** As Ctrl-C. @returns the exit code */
  interrupt(): Promise<number | null>
  /** The same, and deletes its folder. Idempotent. */
  stop(): Promise<number | null>
  /** Ends the platform alone, without a chance to say goodbye. */
  killPlatform(): Promise<void>
}

const opened = new Set<string>()

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-mesh-'))
  opened.add(folder)
  return folder
}

export function newStateFolder(): string {
  return join(temporaryFolder(), 'state')
}

/** Ends what still runs of any mesh and deletes its folder. */
export function endAll(): void {
  for (const folder of opened) {
    const stateFolder = join(folder, 'state')
    const owner = lockOwner(stateFolder)
    if (owner !== undefined) end(owner)
    for (const pid of livingProcesses(stateFolder)) end(pid)
    rmSync(folder, { recursive: true, force: true })
  }
  opened.clear()
}

export interface MeshOptions {
  /** Default: a new one. */
  readonly stateFolder?: string
  /** Of `heddle up`. Default: `--ports auto`. */
  readonly flags?: readonly string[]
}

/** Under the hooks' own limit, so that a mesh that does not come up is told with what it printed. */
const startDeadlineMs = 50_000

/** Starts `heddle up` and waits until it says that it is ready. */
export async function startMesh({ stateFolder = newStateFolder(), flags = ['--ports', 'auto'] }: MeshOptions = {}): Promise<Mesh> {
  const child = spawn(process.execPath, [heddleProgram, 'up', '--state', stateFolder, ...flags], {
    cwd: repositoryRoot,
    env: environment(),
  })
  const output = collect(child)
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const text = (): string => output.stdout + output.stderr
  const check = (): boolean => {
    if (child.exitCode !== null) throw new Hopeless(`heddle up ended: ${text()}`)
    return /Ctrl-C stops everything/.test(output.stdout)
  }
  try {
    await eventually('heddle up is ready', check, startDeadlineMs)
  } catch (error) {
    child.kill('SIGINT')
    await closed
    throw new Error(text(), { cause: error })
  }
  return {
    ...operations(stateFolder),
    child,
    closed,
    gatewayUrl: /Gateway\s+(\S+)/.exec(output.stdout)?.[1] ?? '',
    output: text,
    interrupt: () => {
      child.kill('SIGINT')
      return closed
    },
    stop: async () => {
      child.kill('SIGINT')
      const code = await closed
      rmSync(dirname(stateFolder), { recursive: true, force: true })
      return code
    },
    killPlatform: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
}

type Operations = Pick<Mesh, 'folder' | 'stateFolder' | 'get' | 'send' | 'pods' | 'processes' | 'heddle' | 'must' | 'inject'>

/** What is done to a mesh by its command and its API. */
function operations(stateFolder: string): Operations {
  const api = apiOf(stateFolder)
  const folder = dirname(stateFolder)
  const command = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
    heddle(args, { ...options, env: { HEDDLE_STATE: stateFolder, ...options.env } })
  const must = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await command(args)
    if (code !== 0) throw new Error(`heddle ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
    return stdout
  }
  return {
    folder,
    stateFolder,
    heddle: command,
    must,
    async inject(manifest, ...flags) {
      const injected = join(folder, 'injected.yaml')
      writeFileSync(injected, await must('kube-inject', '-f', manifest))
      return must('apply', '-f', injected, ...flags)
    },
    get: async (path) => JSON.parse((await api('GET', path)).body) as never,
    send: async (method, path, body) => (await api(method, path, body)).status,
    pods: async (namespace) =>
      (JSON.parse((await api('GET', `/api/v1/namespaces/${namespace}/pods`)).body) as { items: readonly Pod[] }).items,
    processes: () => podProcesses(stateFolder),
  }
}

export interface Kubeconfig {
  readonly server: string
  readonly token: string
  readonly certificateAuthority: string
}

export function readKubeconfig(stateFolder: string): Kubeconfig {
  const text = readFileSync(join(stateFolder, 'kubeconfig'), 'utf8')
  const field = (name: string): string => new RegExp(`${name}: ["']?([^"'\\s]+)`).exec(text)?.[1] ?? ''
  return { server: field('server'), token: field('token'), certificateAuthority: field('certificate-authority-data') }
}

function apiOf(stateFolder: string) {
  return (method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: string }> => {
    const { server, token, certificateAuthority } = readKubeconfig(stateFolder)
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${server}${path}`,
        {
          method,
          agent: false,
          ca: Buffer.from(certificateAuthority, 'base64'),
          headers: {
            authorization: `Bearer ${token}`,
            ...(body !== undefined && { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
          },
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (part: string) => (text += part))
          response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
        },
      )
      outgoing.once('error', reject)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
}

/** The running processes that the state folder has on record. */
export function podProcesses(stateFolder: string): readonly PodProcess[] {
  interface Record_ {
    readonly name: string
    readonly namespace: string
    readonly containers: Readonly<
      Record<string, { readonly restartCount: number; readonly process?: { readonly pid: number; readonly start: string } }>
    >
  }
  const folder = join(stateFolder, 'runtime/pods')
  return namesIn(folder).flatMap((uid) => {
    try {
      const record = JSON.parse(readFileSync(join(folder, uid, 'pod.json'), 'utf8')) as Record_
      return Object.entries(record.containers).flatMap(([container, { process: running, restartCount }]) =>
        running && startOf(running.pid) === running.start
          ? [{ pod: record.name, namespace: record.namespace, container, restartCount, ...running }]
          : [],
      )
    } catch {
      return []
    }
  })
}

/** Every process on the machine that a mesh with this state folder started, whether on record or not (Linux). */
export function livingProcesses(stateFolder: string): readonly number[] {
  const mark = `HEDDLE_RUNTIME=${join(stateFolder, 'runtime')}`
  return namesIn('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) return []
    try {
      const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)
      return isOurs && startOf(pid) !== undefined ? [pid] : []
    } catch {
      return []
    }
  })
}

/** Field 22 of /proc/PID/stat; undefined for a process that is gone or only waits to be reaped. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function lockOwner(stateFolder: string): number | undefined {
  try {
    const { pid, start } = JSON.parse(readFileSync(join(stateFolder, 'lock'), 'utf8')) as { pid: number; start: string }
    return startOf(pid) === start ? pid : undefined
  } catch {
    return undefined
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself between the two looks.
  }
}

/** `kill -9` of one recorded process; its start time is compared, so that no other process is ever meant. */
export function killProcess({ pid, start }: Pick<PodProcess, 'pid' | 'start'>): void {
  if (startOf(pid) === start) end(pid)
}
