/** Runs a command in a container: its environment, its folder, its marks. Also stands for `pilot-agent request`, which injected hooks call. */
import { spawn } from 'node:child_process'
import http from 'node:http'
import type { Writable } from 'node:stream'
import { messageOf } from '@heddle/base'
import { proxyPorts } from '@heddle/client'
import { badRequest } from '../api/api-failure.js'
import { writeAll } from '../back-pressure.js'
import type { PodExecOutput } from '../api/pod-runtime.js'

export interface CommandPlace {
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly podIp: string
}

export interface RunningCommand {
  readonly stdin: Writable
  readonly stdout: AsyncIterable<Uint8Array>
  readonly stderr: AsyncIterable<Uint8Array>
  /** Exit code; 128 plus the signal's number after a signal. */
  readonly exitCode: Promise<number>
  kill(): void
}

/** Starts a command. @throws a 400 `Status` when there is no such program on this machine: commands do not run in an image. */
export async function startCommand(command: readonly string[], place: CommandPlace): Promise<RunningCommand> {
  const [program = '', ...args] = command
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd: place.workingDirectory,
    env: place.environment as NodeJS.ProcessEnv,
    stdio: 'pipe',
  })
  const exitCode = new Promise<number>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143))),
  )
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(badRequest(`"${program}" could not be started on this machine: ${messageOf(error)}`)))
  })
  // A command that does not read its input closes it early; that is its own affair.
  child.stdin.on('error', () => {})
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exitCode, kill: () => void child.kill('SIGKILL') }
}

const maxQueuedParts = 16

/** Both outputs in the order in which they come, then the exit code; the command is ended when the reader leaves. */
export async function* commandOutput(
  command: RunningCommand,
  options: { readonly stdin?: AsyncIterable<Uint8Array>; readonly signal?: AbortSignal },
): AsyncGenerator<PodExecOutput> {
  const queue: PodExecOutput[] = []
  const waiting: (() => void)[] = []
  let wake = (): void => {}
  let isOver = false
  const pump = async (type: 'stdout' | 'stderr', stream: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const data of stream) {
      queue.push({ type, data })
      wake()
      // The pipe holds the command back while the reader is slow.
      if (queue.length >= maxQueuedParts) await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
  const finish = async (): Promise<void> => {
    await Promise.allSettled([pump('stdout', command.stdout), pump('stderr', command.stderr)])
    queue.push({ type: 'exit', code: await command.exitCode })
    isOver = true
    wake()
  }
  const abort = (): void => command.kill()
  options.signal?.addEventListener('abort', abort, { once: true })
  void feed(command.stdin, options.stdin)
  void finish()
  try {
    for (;;) {
      const next = queue.shift()
      if (queue.length === 0) for (const resume of waiting.splice(0)) resume()
      if (next) yield next
      else if (isOver) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    options.signal?.removeEventListener('abort', abort)
    if (!isOver) command.kill()
    for (const resume of waiting.splice(0)) resume()
  }
}

/** Passes the input on, no faster than the command reads; input that breaks off is an end of input. */
async function feed(target: Writable, input: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  try {
    for await (const bytes of input ?? []) {
      if (target.destroyed) break
      await writeAll(target, bytes)
    }
  } catch {
    // Whoever gave the input is gone, which its signal tells too.
  }
  target.end()
}

/** Runs a command to its end and collects its output, the form that probes and hooks need. */
export async function runCommand(
  command: readonly string[],
  place: CommandPlace,
  timeout: { readonly timeoutMs: number; readonly onTimeout: (callback: () => void) => { cancel(): void } },
): Promise<{ readonly exitCode: number; readonly output: string }> {
  if (isPilotAgentRequest(command)) return pilotAgentRequest(command, place.podIp, timeout.timeoutMs)
  const running = await startCommand(command, place)
  const timer = timeout.onTimeout(() => running.kill())
  try {
    const [stdout, stderr] = await Promise.all([collect(running.stdout), collect(running.stderr)])
    return { exitCode: await running.exitCode, output: `${stdout}${stderr}` }
  } finally {
    timer.cancel()
  }
}

/** The one use of Istio's agent as a command: injected hooks and people call the proxy's admin port with it. */
export function isPilotAgentRequest(command: readonly string[]): boolean {
  return command[0] === 'pilot-agent' && command[1] === 'request'
}

const adminTimeoutMs = 10_000

/** `pilot-agent request [--debug-port=PORT] METHOD PATH [BODY]`: one call of the proxy's admin port. */
export function pilotAgentRequest(
  command: readonly string[],
  podIp: string,
  timeoutMs: number = adminTimeoutMs,
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const args = command.slice(2)
  const portFlag = args.find((arg) => arg.startsWith('--debug-port='))
  const [method = 'GET', path = '/', body] = args.filter((arg) => !arg.startsWith('--'))
  const port = portFlag === undefined ? proxyPorts.admin : Number(portFlag.slice('--debug-port='.length))
  return new Promise((resolve) => {
    const options = { host: podIp, port, method, path: path.startsWith('/') ? path : `/${path}`, agent: false, timeout: timeoutMs }
    const request = http.request(options, (response) => {
      collect(response).then(
        (output) => resolve({ exitCode: (response.statusCode ?? 0) < 400 ? 0 : 1, output }),
        (error: unknown) => resolve({ exitCode: 1, output: messageOf(error) }),
      )
    })
    request.once('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    request.once('error', (error) => resolve({ exitCode: 1, output: error.message }))
    request.end(body)
  })
}

const maxOutputBytes = 16 << 20

async function collect(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of stream) {
    if (bytes < maxOutputBytes) parts.push(part)
    bytes += part.length
  }
  return Buffer.concat(parts).toString('utf8')
}
