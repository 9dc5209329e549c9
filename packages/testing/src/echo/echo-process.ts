/** Starts an echo server in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { HeddleError } from '@heddle/base'
import type { EchoServer } from './echo-server.js'

export interface EchoProcessOptions {
  readonly protocol: 'http' | 'tcp' | 'grpc'
  /** More arguments, such as `--name`. */
  readonly args?: readonly string[]
  /** Added to this process' environment. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface EchoProcess extends EchoServer {
  readonly process: ChildProcess
}

/** @throws HEDDLE_TESTING_ECHO when the process ends before it listens. */
export async function startEchoProcess({ protocol, args = [], environment = {} }: EchoProcessOptions): Promise<EchoProcess> {
  const child = spawn(process.execPath, [...programArguments(), protocol, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'exit').then(() => undefined)
  const first = await Promise.race([once(lines, 'line'), ended])
  if (!first) throw new HeddleError({ code: 'HEDDLE_TESTING_ECHO', message: `the ${protocol} echo server ended before it listened` })
  const { host, port } = JSON.parse(String(first[0])) as { host: string; port: number }
  return {
    host,
    port,
    process: child,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** From source the program needs the TypeScript loader; built, it lies beside this module. */
function programArguments(): readonly string[] {
  const isSource = import.meta.url.endsWith('.ts')
  const program = fileURLToPath(new URL(isSource ? './program.ts' : './echo-program.js', import.meta.url))
  return isSource ? ['--conditions=@heddle/source', '--import', import.meta.resolve('tsx'), program] : [program]
}
