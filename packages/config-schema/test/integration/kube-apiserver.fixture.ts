/** A real kube-apiserver with its etcd, on free ports of loopback and in a folder of its own; absent where it was not built. */
import { spawn, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = process.env['HEDDLE_KUBERNETES_BIN'] ?? join(homedir(), '.cache/heddle-kubernetes')

export const isAbsent: boolean = !existsSync(join(folder, 'kube-apiserver')) || !existsSync(join(folder, 'etcd'))

export interface ApiAnswer {
  readonly status: number
  readonly body: { readonly message?: string; readonly [field: string]: unknown }
}

export interface KubeApiserver {
  readonly port: number
  /** Of an admin. */
  readonly token: string
  /** Signs service account tokens. */
  readonly serviceAccountKey: KeyObject
  /** PEM of whom its certificate is signed by. */
  readonly rootPem: string
  readonly call: (method: string, path: string, body?: unknown) => Promise<ApiAnswer>
  /** Asks again and again, without pause between answers. */
  readonly until: (path: string, isDone: (answer: ApiAnswer) => boolean) => Promise<void>
  readonly close: () => Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function start(state: string, name: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(state, `${name}.log`), 'a')
  return spawn(join(folder, name), args, { cwd: state, stdio: ['ignore', log, log] })
}

export async function startKubeApiserver(): Promise<KubeApiserver> {
  const state = mkdtempSync(join(tmpdir(), 'kube-apiserver-'))
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()]
  const token = randomBytes(16).toString('hex')
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(join(state, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  writeFileSync(join(state, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  writeFileSync(join(state, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 })
  const etcdUrl = `http://127.0.0.1:${client}`
  const peerUrl = `http://127.0.0.1:${peer}`
  const etcd = start(state, 'etcd', [
    '--data-dir',
    join(state, 'etcd'),
    '--log-level',
    'error',
    '--listen-client-urls',
    etcdUrl,
    '--advertise-client-urls',
    etcdUrl,
    '--listen-peer-urls',
    peerUrl,
    '--initial-advertise-peer-urls',
    peerUrl,
    '--initial-cluster',
    `default=${peerUrl}`,
  ])
  const server = start(state, 'kube-apiserver', [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(state, 'certs')}`,
    `--service-account-key-file=${join(state, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(state, 'sa.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${join(state, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
  ])
  const call = (method: string, path: string, body?: unknown): Promise<ApiAnswer> => send({ port, token }, method, path, body)
  const until = async (path: string, isDone: (answer: ApiAnswer) => boolean): Promise<void> => {
    for (;;) {
      if (server.exitCode !== null) throw new Error(`kube-apiserver ended; its log is in ${state}`)
      const answer = await call('GET', path).catch(() => undefined)
      if (answer !== undefined && isDone(answer)) return
    }
  }
  await until('/readyz', ({ status }) => status === 200)
  return {
    port,
    token,
    serviceAccountKey: privateKey,
    rootPem: readFileSync(join(state, 'certs', 'apiserver.crt'), 'utf8'),
    call,
    until,
    close: async () => {
      for (const child of [server, etcd]) {
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }
      rmSync(state, { recursive: true, force: true })
    },
  }
}

interface Target {
  readonly port: number
  readonly token: string
}

async function send({ port, token }: Target, method: string, path: string, body: unknown): Promise<ApiAnswer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers, rejectUnauthorized: false })
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream & { readonly statusCode?: number }]
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return { status: incoming.statusCode ?? 0, body: text.startsWith('{') ? (JSON.parse(text) as ApiAnswer['body']) : { message: text } }
}
