/** Processes of a benchmark: pinned to a core, started when their port answers, ended with everything that they started. */
import { type ChildProcess, spawn } from 'node:child_process'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export interface Running {
  readonly pid: number
  stop(): Promise<void>
}

/** @param core undefined: wherever the scheduler likes. */
export function pinned(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined ? command : ['taskset', '-c', String(core), ...command]
}

/**
 * @param onOutput gets what it writes, as it comes.
 * @throws when it ends or its port does not answer within ten seconds; the message holds what it wrote.
 */
export async function run(command: readonly string[], port: number, onOutput?: (text: string) => void): Promise<Running> {
  const [program = '', ...args] = command
  // A group of its own, so that workers end with their master.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000)
      onOutput?.(text)
    })
  }
  child.on('error', (error) => (output += error.message))
  for (let turn = 0; turn < 200; turn++) {
    const isListening = await answers(port)
    if (child.exitCode !== null || child.pid === undefined) break
    if (isListening) return { pid: child.pid, stop: () => stop(child) }
    await wait(50)
  }
  await stop(child)
  throw new Error(`${command.join(' ')} does not listen on port ${port}: ${output}`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  signalGroup(child.pid, 'SIGTERM')
  await Promise.race([ended, wait(2000)])
  signalGroup(child.pid, 'SIGKILL')
  await ended
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // Gone already, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** A port that was given away may not be taken yet when the next one is asked for. */
const givenPorts = new Set<number>()

/** Ports that are free now and were not given to anybody before; all held at once, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers: Server[] = []
  const ports: number[] = []
  while (ports.length < count) {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    const { port } = server.address() as AddressInfo
    if (!givenPorts.has(port)) ports.push(port)
  }
  for (const port of ports) givenPorts.add(port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
