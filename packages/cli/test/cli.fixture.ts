/** The command in this process with its streams kept, and the embedded API without any Pod's process behind it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createResourceClient, type ResourceClient } from '@heddle/client/resources'
import { createPlatform, type PlatformAccess, type PodRuntime } from '@heddle/local-platform'
import { afterAll } from 'vitest'
import { runCli } from '../src/run.js'

export { configMap, deployment, pod, service, types } from './objects.fixture.js'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CallOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly signal?: AbortSignal
  /** Called with everything that was printed so far, on each write to standard output. */
  readonly onOutput?: (stdout: string) => void
}

/** Runs one command line. */
export async function call(argv: readonly string[], options: CallOptions = {}): Promise<Outcome> {
  const { input = '', env = {}, cwd = temporaryFolder(), signal = new AbortController().signal, onOutput } = options
  let stdout = ''
  let stderr = ''
  const decoder = new TextDecoder()
  const text = (chunk: string | Uint8Array): string => (typeof chunk === 'string' ? chunk : decoder.decode(chunk))
  const streams = {
    stdin: (async function* () {
      yield new TextEncoder().encode(input)
    })(),
    stdout: {
      write: (chunk: string | Uint8Array) => {
        stdout += text(chunk)
        onOutput?.(stdout)
      },
    },
    stderr: { write: (chunk: string | Uint8Array) => void (stderr += text(chunk)) },
  }
  const code = await runCli(argv, { streams, env: { HOME: cwd, ...env }, cwd, signal })
  return { code, stdout, stderr }
}

export interface Platform {
  readonly access: PlatformAccess
  readonly client: ResourceClient
  readonly stateDir: string
  /** Runs a command against this API. */
  cli(...argv: readonly string[]): Promise<Outcome>
  cliWith(options: CallOptions, ...argv: readonly string[]): Promise<Outcome>
  close(): Promise<void>
}

export async function startPlatform(runtime?: PodRuntime): Promise<Platform> {
  const stateDir = temporaryFolder()
  const platform = createPlatform({ stateDir, port: 0 })
  const access = await platform.start()
  if (runtime) access.attachRuntime(runtime)
  const client = createResourceClient({
    server: access.server,
    certificateAuthority: access.certificateAuthority,
    token: access.adminToken,
  })
  const cliWith = (options: CallOptions, ...argv: readonly string[]): Promise<Outcome> =>
    call(argv, { ...options, env: { HEDDLE_STATE: stateDir, ...options.env } })
  return {
    access,
    client,
    stateDir,
    cli: (...argv) => cliWith({}, ...argv),
    cliWith,
    async close() {
      await client.close()
      await platform.close()
    },
  }
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Gone when the tests of the file that asked have ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-cli-'))
  folders.push(folder)
  return folder
}
