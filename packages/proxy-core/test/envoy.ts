/** A real Envoy beside the proxy under test, where that program is installed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { vi } from 'vitest'

export const envoyProgram: string | undefined = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'envoy'))
  .find((path) => existsSync(path))

export interface EnvoyResources {
  /** Their addresses have port 0. */
  readonly listeners: readonly { readonly name: string }[]
  readonly clusters: readonly object[]
  /** Values of the lowest runtime layer. */
  readonly runtime?: Readonly<Record<string, unknown>>
}

export interface Envoy {
  /** By listener. */
  readonly ports: ReadonlyMap<string, number>
  close(): Promise<void>
}

interface ListenerStatus {
  readonly listener_statuses: readonly {
    readonly name: string
    readonly local_address: { readonly socket_address: { readonly port_value: number } }
  }[]
}

export const loopback = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } })

/** One worker thread, ports from the system. */
export async function startEnvoy({ listeners, clusters, runtime = {} }: EnvoyResources): Promise<Envoy> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-envoy-'))
  const file = (name: string): string => join(folder, name)
  const bootstrap = {
    admin: { address: loopback(0) },
    layered_runtime: { layers: [{ name: 'static', static_layer: runtime }] },
    static_resources: { listeners, clusters },
  }
  writeFileSync(file('envoy.json'), JSON.stringify(bootstrap))
  const options = ['--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'off', '--admin-address-path', file('admin')]
  const child = spawn(envoyProgram ?? '', ['-c', file('envoy.json'), ...options], { stdio: 'ignore' })
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const admin = await vi.waitFor(() => /^.+:\d+$/.exec(readFileSync(file('admin'), 'utf8'))?.[0] ?? fail('no address yet'), patience)
    await vi.waitFor(async () => (await fetched(`http://${admin}/ready`)).startsWith('LIVE') || fail('not ready yet'), patience)
    const status = JSON.parse(await fetched(`http://${admin}/listeners?format=json`)) as ListenerStatus
    const ports = new Map(status.listener_statuses.map(({ name, local_address: at }) => [name, at.socket_address.port_value]))
    return { ports, close }
  } catch (error) {
    await close()
    throw error
  }
}

const patience = { timeout: 30_000, interval: 50 }

function fail(why: string): never {
  throw new Error(why)
}

async function fetched(url: string): Promise<string> {
  const [answer] = (await once(get(url, { agent: false }), 'response')) as [NodeJS.ReadableStream]
  return text(answer)
}
