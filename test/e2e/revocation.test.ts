/** A root of one's own (`heddle ca init`), and a certificate under it that is revoked while the mesh runs. */
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, type AgentOptions, request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { has, helloManifest, type Mesh, run, startMesh } from '../mesh.fixture.js'

const soon = { timeout: 30_000, interval: 100 }
const hasOpenssl = await has('openssl')
let mesh: Mesh
let authority: string

beforeAll(async () => {
  if (!hasOpenssl) return
  mesh = await startMesh()
  authority = join(mesh.folder, 'cacerts')
  await mesh.must('ca', 'init', '--out', authority)
  await mesh.must('apply', '-f', join(authority, 'secret.yaml'))
  for (const name of ['istiod', 'istio-ingressgateway']) {
    await mesh.must('rollout', 'restart', `deployment/${name}`, '-n', 'istio-system')
    await mesh.must('rollout', 'status', `deployment/${name}`, '-n', 'istio-system')
  }
  await mesh.inject(helloManifest)
  await mesh.must('rollout', 'status', 'deployment/helloworld-v1')
}, 180_000)
afterAll(() => mesh?.stop())

const fileOf = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8')
async function identity(name: string): Promise<{ readonly folder: string; readonly agent: Agent }> {
  const folder = join(mesh.folder, name)
  await mesh.must('cert', 'issue', '--as', 'default/default', '--out', folder)
  const options: AgentOptions = { cert: fileOf(folder, 'cert.pem'), key: fileOf(folder, 'key.pem'), rejectUnauthorized: false }
  return { folder, agent: new Agent({ ...options, keepAlive: true, maxSockets: 1 }) }
}

function call(agent: Agent, address: string): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request(`https://${address}:8080/api/hello`, { agent }, (answer) => {
      let body = ''
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()))
      answer.on('end', () => resolve(body))
    })
    outgoing.on('error', () => resolve('refused'))
    outgoing.end()
  })
}

/** As whoever holds the authority's key makes a list: with openssl, beside the files in the Secret. */
async function revoke(certificatePem: string): Promise<void> {
  const { serialNumber } = new X509Certificate(certificatePem)
  const files = {
    'index.txt': `R\t350101000000Z\t260101000000Z\t${serialNumber}\tunknown\t/CN=x\n`,
    crlnumber: '01\n',
    'crl.cnf': ['[ca]', 'default_ca=c', '[c]', 'database=index.txt', 'crlnumber=crlnumber', 'default_md=sha256', 'default_crl_days=1']
      .concat(['crl_extensions=e', '[e]', 'authorityKeyIdentifier=keyid', ''])
      .join('\n'),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(authority, name), text)
  const args = ['ca', '-gencrl', '-config', 'crl.cnf', '-cert', 'ca-cert.pem', '-keyfile', 'ca-key.pem', '-out', 'ca-crl.pem']
  expect(await run('openssl', args, { cwd: authority })).toMatchObject({ code: 0 })
  const secret = JSON.parse(fileOf(authority, 'secret.yaml')) as { stringData: Record<string, string> }
  secret.stringData['ca-crl.pem'] = fileOf(authority, 'ca-crl.pem')
  const path = join(mesh.folder, 'with-crl.yaml')
  writeFileSync(path, JSON.stringify(secret))
  await mesh.must('apply', '-f', path)
}

it.skipIf(!hasOpenssl)(
  'a certificate on the list of a plugged-in authority opens nothing any more, and what it had open ends',
  async () => {
    expect(await mesh.must('ca', 'status')).toContain('The root is plugged in')
    const address = await mesh.must('get', 'pods', '-l', 'app=helloworld', '-o', 'jsonpath={.items[0].status.podIP}')
    const [stolen, other] = [await identity('stolen'), await identity('other')]
    expect(await call(stolen.agent, address)).toBe('Hello world v1\n')
    const socket = Object.values(stolen.agent.freeSockets)[0]?.[0]
    expect(socket?.destroyed).toBe(false)
    await revoke(fileOf(stolen.folder, 'cert.pem'))
    await expect.poll(() => socket?.destroyed, soon).toBe(true)
    await expect.poll(() => call(stolen.agent, address), soon).toBe('refused')
    expect(await call(other.agent, address)).toBe('Hello world v1\n')
    expect(await mesh.must('get', 'configmap', 'istio-ca-crl', '-o', 'jsonpath={.data}')).toContain('X509 CRL')
    for (const { agent } of [stolen, other]) agent.destroy()
  },
  90_000,
)
