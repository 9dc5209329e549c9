/**
 * A Pod as the local platform makes one for heddle-proxy: addresses of its own in 127.0.0.0/8, a folder with token, roots,
 * labels and names, and the environment that the injector writes.
 */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { emptyNamesFile, writeNamesFile } from '@heddle/client'
import { type ApplyObject, type FakeControlPlane, fakeToken } from '@heddle/control-plane/testing'
import { type ProxyRole, type ProxySettings, readProxySettings } from '../../src/settings/proxy-settings.js'

export interface FakePodOptions {
  readonly name: string
  readonly app: string
  /** Probes of the application by rewritten path. */
  readonly probers?: object
  /** Default: a sidecar. */
  readonly role?: ProxyRole
  /** Ports that are bound elsewhere. Default: 8080. */
  readonly ports?: readonly number[]
}

export interface FakePod {
  readonly podIp: string
  readonly appAddress: string
  /** Where the declared port 8080 is really bound, on both addresses. */
  readonly port: number
  /** Where each of `ports` is really bound. */
  readonly portMap: Readonly<Record<number, number>>
  /** Proof for the capture ports. */
  readonly token: string
  readonly root: string
  readonly settings: ProxySettings
  /** What the injector and the platform write. */
  readonly env: Readonly<Record<string, string>>
  /** As the API has it. */
  readonly object: ApplyObject
  /** Writes a file of the Pod. */
  put(path: string, text: string): void
  remove(): void
}

/** The mesh's configuration with its access logs in a file, so that the output of a test run stays readable. */
export function accessLogsIn(path: string): ApplyObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh: JSON.stringify({ accessLogFile: path }) },
  }
}

let made = 0

/** Two addresses that no other process of this test run has: the process id is part of them. */
function addresses(): readonly [podIp: string, appAddress: string] {
  const index = made++ * 2
  const [high, low] = [(process.pid >> 7) & 0xff, process.pid & 0x7f]
  return [`127.${100 + index}.${high}.${low + 1}`, `127.${101 + index}.${high}.${low + 1}`]
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export async function createFakePod(options: FakePodOptions, controlPlane: FakeControlPlane): Promise<FakePod> {
  const { name, app, probers = {}, role = 'sidecar', ports = [8080] } = options
  const [podIp, appAddress] = addresses()
  const portMap: Record<number, number> = {}
  for (const port of ports) portMap[port] = await freePort(podIp)
  const root = mkdtempSync(join(tmpdir(), 'heddle-pod-'))
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, { mode: 0o600 })
  }
  put('var/run/secrets/tokens/istio-token', `${fakeToken('default', app)}\n`)
  put('var/run/secrets/istio/root-cert.pem', controlPlane.rootsPem())
  put('etc/istio/pod/labels', `app="${app}"\nversion="v1"\n`)
  const names = emptyNamesFile()
  writeNamesFile(join(root, 'names.json'), names)
  const istiod = { names: { 'istiod.istio-system.svc': ['127.200.0.1'] }, direct: { '127.200.0.1:15012': [controlPlane.address] } }
  writeNamesFile(join(root, 'platform-names.json'), { ...emptyNamesFile(), ...istiod })
  const env = {
    HEDDLE_POD_ROOT: root,
    HEDDLE_POD_IP: podIp,
    HEDDLE_APP_ADDRESS: appAddress,
    HEDDLE_PORT_MAP: JSON.stringify(portMap),
    HEDDLE_WORKLOAD_SOCKET: join(root, 'agent.sock'),
    HEDDLE_NAMES: join(root, 'names.json'),
    HEDDLE_PLATFORM_NAMES: join(root, 'platform-names.json'),
    POD_NAME: name,
    POD_NAMESPACE: 'default',
    SERVICE_ACCOUNT: app,
    CA_ADDR: 'istiod.istio-system.svc:15012',
    ISTIO_META_WORKLOAD_NAME: app,
    ISTIO_META_POD_PORTS: '[{"containerPort":8080}]',
    ISTIO_KUBE_APP_PROBERS: JSON.stringify(probers),
  }
  return {
    podIp,
    appAddress,
    port: portMap[8080] ?? 0,
    portMap,
    put,
    token: names.token,
    root,
    settings: readProxySettings(['proxy', role], env),
    env,
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app, version: 'v1', 'security.istio.io/tlsMode': 'istio' } },
      spec: { serviceAccountName: app, containers: [{ name: 'app', ports: [{ containerPort: 8080 }] }] },
      status: { podIP: podIp },
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
