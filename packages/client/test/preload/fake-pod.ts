/**
 * A Pod as the preload sees it, around real sockets: a names file, a capture port that reads the PROXY header and
 * relays to the backend of the virtual IP, and a way to run a script in the Pod.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type NamesFile, writeNamesFile } from '../../src/names/names-file.js'

const packageDirectory = fileURLToPath(new URL('../..', import.meta.url))
const token = 'ab'.repeat(16)

export interface Captured {
  readonly destination: string
  readonly token: string
  readonly from: string
}

export interface FakePod {
  readonly prefix: string
  readonly captured: readonly Captured[]
  readonly environment: Readonly<Record<string, string>>
  run(script: string, options?: { module?: boolean; env?: Record<string, string> }): Promise<string>
  close(): void
}

export interface FakePodOptions {
  readonly preload: string
  readonly isInjected: boolean
  readonly names: (prefix: string) => Partial<NamesFile>
  /** `ip:port` of the PROXY header -> port of a real server on 127.0.0.1. */
  readonly backends: (prefix: string) => Readonly<Record<string, number>>
  readonly portMap?: Readonly<Record<string, number>>
}

let next = 0

export async function createFakePod(options: FakePodOptions): Promise<FakePod> {
  const prefix = `127.${64 + (process.pid % 128)}`
  const podIp = `${prefix}.1.${10 + next++ * 2}`
  const appAddress = options.isInjected ? `${prefix}.1.${11 + next++ * 2}` : podIp
  const captured: Captured[] = []
  const relay = net.createServer((socket) => relayCaptured(socket, options.backends(prefix), captured))
  await new Promise<void>((resolve) => relay.listen(0, podIp, resolve))
  const { port } = relay.address() as net.AddressInfo
  const directory = mkdtempSync(join(tmpdir(), 'heddle-pod-'))
  const namesPath = join(directory, 'names.json')
  const capture = options.isInjected ? { address: podIp, port } : null
  writeNamesFile(namesPath, { version: 1, token, capture, names: {}, direct: {}, ...options.names(prefix) })
  const environment: Record<string, string> = {
    HEDDLE_POD_ROOT: directory,
    HEDDLE_POD_IP: podIp,
    HEDDLE_APP_ADDRESS: appAddress,
    HEDDLE_NAMES: namesPath,
    HEDDLE_PORT_MAP: JSON.stringify(options.portMap ?? {}),
    NODE_OPTIONS: `--require ${options.preload}`,
    NODE_NO_WARNINGS: '1',
  }
  return {
    prefix,
    captured,
    environment,
    run: (script, { module = false, env = {} } = {}) => runNode(script, module, { ...process.env, ...environment, ...env }),
    close() {
      relay.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** `HEDDLE_TEST_NODE` tries another Node than the one that runs the tests. */
export function runNode(script: string, module: boolean, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = module ? ['--input-type=module', '-e', script] : ['-e', script]
    execFile(
      process.env['HEDDLE_TEST_NODE'] ?? process.execPath,
      args,
      { cwd: packageDirectory, env, timeout: 20_000 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${error.message}\n${stderr}`))
        else resolve(stdout.trim())
      },
    )
  })
}

function relayCaptured(socket: net.Socket, backends: Readonly<Record<string, number>>, captured: Captured[]): void {
  socket.on('error', () => socket.destroy())
  socket.once('data', (first) => {
    const headerBytes = 16 + first.readUInt16BE(14)
    const destination = `${first.subarray(20, 24).join('.')}:${first.readUInt16BE(26)}`
    captured.push({ destination, token: first.subarray(55, headerBytes).toString('latin1'), from: socket.remoteAddress ?? '' })
    const port = backends[destination]
    if (port === undefined) {
      socket.destroy()
      return
    }
    const upstream = net.connect(port, '127.0.0.1')
    upstream.on('error', () => socket.destroy())
    upstream.write(first.subarray(headerBytes))
    socket.pipe(upstream).pipe(socket)
  })
}
