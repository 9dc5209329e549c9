/** What a mesh may find on the machine when it starts: taken ports, a state folder that cannot be used, damage, another mesh. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { answerOf } from './load.fixture.js'
import { endAll, eventually, heddle, helloManifest, livingProcesses, newStateFolder, readKubeconfig, startMesh } from '../mesh.fixture.js'

const up = (stateFolder: string, ...args: readonly string[]) => heddle(['up', '--state', stateFolder, '--ports', 'auto', ...args])

const servers: Server[] = []

/** Another program that listens. @returns the port, or undefined when somebody already does */
async function occupy(port: number, host?: string): Promise<number | undefined> {
  const server = createServer((socket) => socket.destroy())
  const isOurs = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen({ port, ...(host !== undefined && { host }) }, () => resolve(true))
  })
  if (!isOurs) return undefined
  servers.push(server)
  return (server.address() as AddressInfo).port
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
afterAll(endAll)

describe('the state folder', () => {
  test('is refused when a file stands in its place, and the file is left alone', async () => {
    const stateFolder = newStateFolder()
    writeFileSync(stateFolder, 'precious')
    const outcome = await up(stateFolder)
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toContain(`the state folder ${stateFolder} cannot be used: a file stands in its place`)
    expect(outcome.stderr).toContain('--state DIR')
    expect(readFileSync(stateFolder, 'utf8')).toBe('precious')
    expect(livingProcesses(stateFolder)).toEqual([])
  })

  test('is refused when a file stands in the way to it', async () => {
    const stateFolder = newStateFolder()
    writeFileSync(stateFolder, 'precious')
    const outcome = await up(join(stateFolder, 'below'))
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('a file stands in its place') })
  })

  test('is refused when a newer version wrote it, and is left alone', async () => {
    const stateFolder = newStateFolder()
    mkdirSync(stateFolder)
    writeFileSync(join(stateFolder, 'state.json'), '{"version":99}')
    const outcome = await up(stateFolder)
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toContain('written by a newer version of Heddle (state version 99, this one reads up to 1)')
    expect(readFileSync(join(stateFolder, 'state.json'), 'utf8')).toBe('{"version":99}')
    expect(readdirSync(stateFolder)).not.toContain('store')
  })
})

describe('a mesh that ran before', () => {
  test('refuses a second one on its state, stays as it is, ends on Ctrl-C, and a flipped byte is named, not served', async () => {
    const stateFolder = newStateFolder()
    const mesh = await startMesh({ stateFolder })
    const before = mesh.processes()

    const second = await up(stateFolder)
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`in use by another running platform (pid ${mesh.child.pid})`)
    expect(second.stderr).toContain('heddle down')
    expect(mesh.processes()).toEqual(before)

    await refusesStrangers(stateFolder)

    expect(await mesh.interrupt()).toBe(0)
    expect(livingProcesses(stateFolder)).toEqual([])
    expect(readdirSync(stateFolder)).not.toContain('lock')

    const database = join(stateFolder, 'store/data.mdb')
    const intact = readFileSync(database)
    const damaged = Buffer.from(intact)
    // In every copy: pages that are no longer used hold the text, too, and nobody reads them.
    for (let at = damaged.indexOf('"istio-ingressgateway"'); at >= 0; at = damaged.indexOf('"istio-ingressgateway"', at + 1))
      damaged[at + 3] = (damaged[at + 3] as number) ^ 1
    writeFileSync(database, damaged)
    const outcome = await up(stateFolder)
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(/the record "[^"]+" of the store is damaged: its checksum does not match/)
    expect(outcome.stderr).toContain('Nothing was changed.')
    expect(livingProcesses(stateFolder)).toEqual([])

    // Nothing lost: with the byte turned back everything is there, and only once.
    writeFileSync(database, intact)
    const again = await startMesh({ stateFolder })
    const { items } = await again.get<{ items: readonly { metadata: { name: string } }[] }>(
      '/apis/apps/v1/namespaces/istio-system/deployments',
    )
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['istio-ingressgateway', 'istiod'])
    expect(again.processes()).toHaveLength(2)
    expect(await again.interrupt()).toBe(0)
  }, 60_000)
})

/** The API is HTTPS on loopback only, and its token is needed for everything it knows. */
async function refusesStrangers(stateFolder: string): Promise<void> {
  const { server, token, certificateAuthority } = readKubeconfig(stateFolder)
  expect(server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  expect(statSync(join(stateFolder, 'kubeconfig')).mode & 0o077).toBe(0)
  const statusWith = (authorization?: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        `${server}/api/v1/pods`,
        { agent: false, ca: Buffer.from(certificateAuthority, 'base64'), headers: authorization === undefined ? {} : { authorization } },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
      outgoing.once('error', reject)
      outgoing.end()
    })
  expect(await statusWith()).toBe(401)
  expect(await statusWith('Bearer wrong')).toBe(401)
  expect(await statusWith(`Basic ${token}`)).toBe(401)
  expect(await statusWith(`Bearer ${token}`)).toBe(200)
  await expect(answerOf(`${server.replace('https', 'http')}/api/v1/pods`)).resolves.toMatchObject({ status: 0 })
}

describe('ports that the system chooses', () => {
  test('leave 8080 to others, and go back to Istio’s without --ports auto', async () => {
    const free = await startMesh()
    expect(new URL(free.gatewayUrl).port).not.toBe('8080')
    expect(await free.must('install')).toMatch(/^service\/istio-ingressgateway unchanged$/m)
    await free.inject(helloManifest)
    await eventually('the article answers', async () => (await answerOf(`${free.gatewayUrl}/api/hello`)).body === 'Hello world v1\n')
    expect(await free.interrupt()).toBe(0)
    const usual = await startMesh({ stateFolder: free.stateFolder, flags: [] })
    expect(await usual.must('get', 'svc', 'istio-ingressgateway', '-n', 'istio-system', '-o', 'jsonpath={.spec.ports[1].targetPort}')).toBe(
      '8080',
    )
    await eventually('the article answers', async () => (await answerOf(`${usual.gatewayUrl}/api/hello`)).body === 'Hello world v1\n')
  })
})

describe('taken ports', () => {
  test('the API, the gateway and a Pod move to the next free port, say so, and serve', async () => {
    await occupy(6443, '127.0.0.1')
    await occupy(8080, '127.0.0.1')
    // What listens on all addresses has the port on every Pod's too.
    const appPort = await occupy(0)
    const mesh = await startMesh({ flags: [] })
    expect(mesh.output()).toMatch(/port 6443 was taken: the API uses 64\d\d/)
    expect(mesh.output()).toMatch(/port 8080 was taken: the gateway uses 2\d\d\d\d/)
    const { port } = new URL(mesh.gatewayUrl)
    expect((await mesh.heddle(['get', 'svc', '-n', 'istio-system'])).stdout).toContain(`80:${port}/TCP`)

    const manifest = readFileSync(helloManifest, 'utf8')
      .replaceAll('8080', String(appPort))
      .replace(/( +)- containerPort: .*/, `$&\n        env: [{name: SERVICE_PORT, value: "${appPort}"}]`)
    const injected = await heddle(['kube-inject', '-f', '-'], { input: manifest })
    expect(await mesh.heddle(['apply', '-f', '-'], { input: injected.stdout })).toMatchObject({ code: 0, stderr: '' })
    await eventually('the article answers', async () => (await answerOf(`${mesh.gatewayUrl}/api/hello`)).body === 'Hello world v1\n')
    const [pod] = await mesh.pods('default')
    const portMap = JSON.parse(pod?.metadata.annotations?.['heddle.dev/port-map'] ?? '{}') as Readonly<Record<string, number>>
    expect(portMap[String(appPort)]).toBeGreaterThanOrEqual(20_000)
    expect(await mesh.interrupt()).toBe(0)
    expect(livingProcesses(mesh.stateFolder)).toEqual([])
  }, 60_000)
})
