/** The stand-ins for sample images as processes, with the preload that gives each an address of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPodPrograms } from './built-programs.js'

const directory = mkdtempSync(join(tmpdir(), 'heddle-stand-ins-'))
const processes: ChildProcess[] = []
const address = `127.${16 + (process.pid % 200)}.9.1`

beforeAll(() => buildPodPrograms(directory))

afterAll(() => {
  for (const child of processes) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

/** Starts a stand-in in a Pod without a sidecar, every port moved to a free one; resolves when it says that it listens. */
async function start(name: string, declared: number, args: readonly string[] = [], env: Record<string, string> = {}): Promise<number> {
  const port = await freePort()
  const contract = { HEDDLE_POD_ROOT: directory, HEDDLE_POD_IP: address, HEDDLE_PORT_MAP: JSON.stringify({ [declared]: port }) }
  const preload = `--require ${join(directory, 'register.cjs')}`
  const child = spawn(process.execPath, [join(directory, `${name}.js`), ...args], {
    env: { ...process.env, ...contract, NODE_OPTIONS: preload, ...env },
  })
  processes.push(child)
  child.stderr.pipe(process.stderr)
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended`)))])
  return port
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  return port
}

describe('the stand-in for', () => {
  it("the article's helloworld greets with its version and calls other services", async () => {
    const port = await start('helloworld', 8080, [], { APP_VERSION: 'v2', HOSTNAME: 'pod-1' })
    const text = (path: string): Promise<string> => fetch(`http://${address}:${port}${path}`).then((response) => response.text())
    expect(await text('/api/hello')).toBe('Hello world v2\n')
    expect(await text('/hello')).toBe('Hello version: v2, instance: pod-1\n')
    expect(await text(`/api/call?url=${encodeURIComponent(`http://${address}:8080/api/hello`)}`)).toBe('Hello world v2\n')
    expect((await fetch(`http://${address}:${port}/api/call?url=http://nobody.default.svc.cluster.local/`)).status).toBe(502)
    expect((await fetch(`http://${address}:${port}/nothing`)).status).toBe(404)
  })

  it('httpbin describes requests in lists and gives statuses, bytes and redirects', async () => {
    const port = await start('httpbin', 8080)
    const call = (path: string, init?: RequestInit): Promise<Response> => fetch(`http://${address}:${port}${path}`, init)
    expect(await (await call('/get?a=1&a=2', { headers: { 'x-test': 'yes' } })).json()).toMatchObject({
      args: { a: ['1', '2'] },
      headers: { 'X-Test': ['yes'] },
      method: 'GET',
    })
    expect(await (await call('/post', { method: 'POST', body: '{"b":2}' })).json()).toMatchObject({ data: '{"b":2}', json: { b: 2 } })
    expect((await call('/status/418')).status).toBe(418)
    expect((await (await call('/bytes/300')).arrayBuffer()).byteLength).toBe(300)
    expect((await call('/redirect/2')).url).toMatch(/\/get$/)
    expect((await (await call('/stream/3')).text()).trim().split('\n')).toHaveLength(3)
  })

  it('tcp-echo answers every line behind its prefix', async () => {
    const port = await start('tcp-echo', 9000, ['9000', 'hello'])
    const socket = net.connect(port, address)
    socket.write('wor')
    socket.write('ld\nagain\n')
    let text = ''
    for await (const part of socket) {
      text += String(part)
      if (text.endsWith('again\n')) break
    }
    expect(text).toBe('hello world\nhello again\n')
  })

  it('the client waits and ends on SIGTERM', async () => {
    const child = spawn(process.execPath, [join(directory, 'client.js')], { stdio: 'ignore' })
    processes.push(child)
    await once(child, 'spawn')
    // A signal before the handler stands ends it too, by itself.
    child.kill('SIGTERM')
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect(code === 0 || signal === 'SIGTERM').toBe(true)
  })
})
