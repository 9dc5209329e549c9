/** Checks of a running mesh with real connections: the answer through the gateway, who serves it over TLS, and that plaintext gets nothing. */
import { request } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { delay, HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { type KubernetesObject, portMapAnnotation, parsePortMap, boundPort, requestWorkloadCertificate } from '@heddle/client'
import { checkSvidLeaf, parseCertificate } from '@heddle/x509'
import { podIpOf } from '../target/pods.js'
import { readText } from '../target/response.js'
import { configMaps, pods, serviceAccounts } from '../target/resource-types.js'
import type { LocalMesh } from './local-mesh.js'

export interface SelfTestResult {
  readonly status: number
  readonly body: string
  /** SPIFFE id in the certificate that the workload's sidecar shows. */
  readonly serverId: string
}

/** Between two questions while routes are on their way. */
const retryMs = 20
const path = '/api/hello'
const appPort = 8080

/** @throws HEDDLE_CLI_SELF_TEST with what was expected and what was there. */
export async function runSelfTest(mesh: LocalMesh, workloads: readonly string[], signal: AbortSignal): Promise<SelfTestResult> {
  const answer = await untilAnswered(`${mesh.ingressUrl}${path}`, signal)
  const pod = await podOf(mesh, workloads[0] ?? '')
  const address = { host: addressOf(pod), port: boundPort(parsePortMap(pod.metadata.annotations?.[portMapAnnotation]), appPort) }
  await plaintextIsRefused(address, signal)
  return { ...answer, serverId: await serverIdentity(mesh, address, signal) }
}

interface Answer {
  readonly status: number
  readonly body: string
}

/** Routes reach the gateway a moment after the workload is ready; until then it answers 404 or 503, and that is asked again. */
async function untilAnswered(url: string, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    signal.throwIfAborted()
    const answer = await ask(url, signal)
    if (answer.status === 200) return answer
    if (![404, 503, 0].includes(answer.status)) throw failed(`GET ${url} should answer 200, it answered ${answer.status}: ${answer.body}`)
    await delay(systemClock, retryMs, signal)
  }
}

function ask(url: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { signal, headers: { connection: 'close' } }, (response) => {
      readText(response).then((body) => resolve({ status: response.statusCode ?? 0, body: body.trim() }), reject)
    })
    outgoing.once('error', (error) => (signal.aborted ? reject(signal.reason as Error) : resolve({ status: 0, body: error.message })))
    outgoing.end()
  })
}

async function podOf({ client }: LocalMesh, deployment: string): Promise<KubernetesObject> {
  const { items } = await client.list(pods, { namespace: 'default' })
  const pod = items.find(({ metadata }) => metadata.name.startsWith(`${deployment}-`))
  if (!pod) throw failed(`the Deployment "${deployment}" should have a Pod, it has none`)
  return pod
}

function addressOf(pod: KubernetesObject): string {
  const address = podIpOf(pod)
  if (address === undefined) throw failed(`Pod ${pod.metadata.name} should have an address, it has none`)
  return address
}

interface Address {
  readonly host: string
  readonly port: number
}

/** STRICT: a request without TLS must not get a byte of an answer. */
function plaintextIsRefused({ host, port }: Address, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, signal }, () => socket.write(`GET ${path} HTTP/1.1\r\nhost: helloworld\r\n\r\n`))
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      answer += text
    })
    // A reset is a refusal too; only an answer is a fault.
    socket.on('error', () => {})
    socket.on('close', () =>
      answer === '' ? resolve() : reject(failed(`plaintext to ${host}:${port} should be refused, it answered ${answer.slice(0, 40)}`)),
    )
  })
}

/** Connects as a workload of the mesh would and reads the certificate on the other side. */
async function serverIdentity(mesh: LocalMesh, { host, port }: Address, signal: AbortSignal): Promise<string> {
  const identity = await identityFor(mesh, signal)
  const raw = await new Promise<Buffer>((resolve, reject) => {
    const socket = connectTls(
      {
        host,
        port,
        servername: 'outbound_.80_._.helloworld.default.svc.cluster.local',
        ALPNProtocols: ['istio-http/1.1', 'istio'],
        ca: identity.rootsPem,
        cert: identity.chainPem,
        key: identity.privateKeyPem,
        // The name in the certificate is a SPIFFE id, which node:tls cannot compare; the chain is verified against the mesh's root.
        checkServerIdentity: () => undefined,
      },
      () => {
        resolve(socket.getPeerCertificate().raw)
        socket.destroy()
      },
    )
    signal.addEventListener('abort', () => socket.destroy(signal.reason as Error), { once: true })
    socket.once('error', (error) => reject(failed(`a TLS connection with a certificate of the mesh should be accepted: ${error.message}`)))
  })
  const parsed = parseCertificate(raw)
  if (!parsed.ok) throw failed(`the sidecar's certificate cannot be read: ${parsed.reason}`)
  const leaf = checkSvidLeaf(parsed.certificate, 'server')
  if (!leaf.ok) throw failed(`the sidecar should show a SPIFFE certificate: ${leaf.message}`)
  return leaf.id.uri
}

async function identityFor({ client, access }: LocalMesh, signal: AbortSignal) {
  const answer = await client.createSubresource(
    serviceAccounts,
    'default',
    'token',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['istio-ca'], expirationSeconds: 600 } },
    'default',
  )
  const root = await client.get(configMaps, 'istio-ca-root-cert', 'default')
  const { items } = await client.list(pods, { namespace: 'istio-system', labelSelector: 'app=istiod' })
  const istiod = items.map(podIpOf).find((ip) => ip !== undefined)
  return requestWorkloadCertificate({
    address: `${istiod ?? `127.${access.subnet}.0.1`}:15012`,
    serverName: 'istiod.istio-system.svc',
    rootsPem: (root?.['data'] as Readonly<Record<string, string>> | undefined)?.['root-cert.pem'] ?? '',
    token: (answer['status'] as { readonly token: string }).token,
    ttlSeconds: 600,
    signal,
  })
}

function failed(message: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_CLI_SELF_TEST', message: `self test: ${message}` })
}
