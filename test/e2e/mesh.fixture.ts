/**
 * A whole mesh for tests, through the product's own door: `heddle up` as a child process with a state folder of its own,
 * and the CLI as users call it. Nothing is built here; the built programs are what is tested.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository: string = fileURLToPath(new URL('../..', import.meta.url))
export const program: string = join(repository, 'packages/cli/bin/heddle.js')

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stateDir: string
  readonly input?: string
}

export interface Mesh {
  /** A folder for the test's files; gone after `stop`. */
  readonly folder: string
  readonly stateDir: string
  /** Where the ingress gateway answers, such as `http://127.0.0.1:8080`. */
  readonly gatewayUrl: string
  /** Runs the CLI against this mesh. */
  heddle(...args: readonly string[]): Promise<Outcome>
  /** The same with text on standard input. */
  heddleWith(input: string, ...args: readonly string[]): Promise<Outcome>
  /** Runs the CLI and gives its output. @throws Error with the output when it fails. */
  must(...args: readonly string[]): Promise<string>
  /** `apply -f` of what `kube-inject` makes of a manifest. @throws Error with the output when it fails. */
  inject(manifest: string, ...flags: readonly string[]): Promise<string>
  /** Ends it as Ctrl-C does. Idempotent. @returns the exit code. */
  stop(): Promise<number>
}

/** Under the hook's own limit, so that a mesh that does not come up is told with what it printed, and ended. */
const startDeadlineMs = 45_000

/** Starts a mesh and waits for its `ready` line. @param flags more flags of `heddle up`. */
export async function startMesh(...flags: readonly string[]): Promise<Mesh> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-e2e-'))
  const stateDir = join(folder, 'state')
  const child = spawn(process.execPath, [program, 'up', '--state', stateDir, '--ports', 'auto', ...flags], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  const gatewayUrl = await new Promise<string>((resolve, reject) => {
    const look = (bytes: Buffer): void => {
      output += bytes.toString('utf8')
      const url = /ready in [\d.]+ s[^]*Gateway +(http:\S+)/.exec(output)?.[1]
      if (url !== undefined) resolve(url)
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    void ended.then((code) => reject(new Error(`heddle up ended with ${code}:\n${output}`)))
    AbortSignal.timeout(startDeadlineMs).addEventListener('abort', () => reject(new Error(`heddle up is not ready:\n${output}`)))
  }).catch(async (error: unknown) => {
    child.kill('SIGINT')
    await ended
    rmSync(folder, { recursive: true, force: true })
    throw error
  })
  const heddleWith = (input: string, ...args: readonly string[]): Promise<Outcome> => heddle(args, { stateDir, input })
  const must = async (...args: readonly string[]): Promise<string> => succeeded(args, await heddle(args, { stateDir }))
  let stopped: Promise<number> | undefined
  return {
    folder,
    stateDir,
    gatewayUrl,
    heddle: (...args) => heddle(args, { stateDir }),
    heddleWith,
    must,
    async inject(manifest, ...more) {
      const injected = join(folder, 'injected.yaml')
      writeFileSync(injected, await must('kube-inject', '-f', manifest))
      return must('apply', '-f', injected, ...more)
    },
    stop() {
      stopped ??= (async () => {
        child.kill('SIGINT')
        const code = await ended
        rmSync(folder, { recursive: true, force: true })
        return code
      })()
      return stopped
    },
  }
}

/** Runs the CLI once. */
export function heddle(args: readonly string[], { stateDir, input }: RunOptions): Promise<Outcome> {
  return run(process.execPath, [program, ...args], { env: { HEDDLE_STATE: stateDir }, ...(input === undefined ? {} : { input }) })
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Runs any program to its end. */
export function run(command: string, args: readonly string[], { env = {}, input }: ProgramOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString('utf8')))
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString('utf8')))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
  })
}

/** Whether a program such as curl is installed. */
export async function has(command: string): Promise<boolean> {
  return run(command, [command === 'openssl' ? 'version' : '--version']).then(
    ({ code }) => code === 0,
    () => false,
  )
}

/** Numbers of the processes that belong to a mesh, by its state folder in their environment; undefined where the system does not show it. */
export function processesOf(stateDir: string): readonly number[] | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(stateDir)
      } catch {
        // It ended meanwhile, or belongs to another user.
        return false
      }
    })
    .map(Number)
}

function succeeded(args: readonly string[], { code, stdout, stderr }: Outcome): string {
  if (code !== 0) throw new Error(`heddle ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}
