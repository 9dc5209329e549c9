import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { readProxySettings } from '../../src/settings/proxy-settings.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
function podFolder(labels: string): string {
  const root = mkdtempSync(join(tmpdir(), 'heddle-settings-'))
  folders.push(root)
  mkdirSync(join(root, 'etc/istio/pod'), { recursive: true })
  writeFileSync(join(root, 'etc/istio/pod/labels'), labels)
  return root
}

const injected = [
  'proxy',
  'sidecar',
  '--domain',
  '$(POD_NAMESPACE).svc.cluster.local',
  '--proxyLogLevel=warning',
  '--log_output_level=default:info',
]
const usage = expect.objectContaining({ code: 'HEDDLE_PROXY_USAGE' }) as Error

describe('the settings of heddle-proxy', () => {
  it('come from what the injector writes', () => {
    const settings = readProxySettings(injected, {
      POD_NAME: 'web-1',
      POD_NAMESPACE: 'shop',
      INSTANCE_IP: '10.0.0.7',
      SERVICE_ACCOUNT: 'web',
      TRUST_DOMAIN: 'example.org',
      CA_ADDR: 'istiod.mesh.svc:15012',
      PROXY_CONFIG: '{"discoveryAddress":"istiod.other.svc:15012"}',
      ISTIO_META_WORKLOAD_NAME: 'web',
      ISTIO_META_CLUSTER_ID: 'east',
    })
    expect(settings).toMatchObject({
      role: 'sidecar',
      domain: 'shop.svc.cluster.local',
      podIp: '10.0.0.7',
      caAddress: 'istiod.mesh.svc:15012',
      discoveryAddress: 'istiod.other.svc:15012',
      tokenPath: '/var/run/secrets/tokens/istio-token',
      metadata: { NAMESPACE: 'shop', SERVICE_ACCOUNT: 'web', WORKLOAD_NAME: 'web', CLUSTER_ID: 'east', MESH_ID: 'example.org' },
      pod: undefined,
    })
  })

  it('take the number of workers from the flag, else from the proxy configuration, else 1', () => {
    const of = (flags: readonly string[], config = '{}'): number =>
      readProxySettings(['proxy', 'sidecar', ...flags], { PROXY_CONFIG: config }).concurrency
    expect(of([])).toBe(1)
    expect(of([], '{"concurrency":3}')).toBe(3)
    expect(of(['--concurrency', '2'], '{"concurrency":3}')).toBe(2)
    expect(of(['--concurrency=0'])).toBe(availableParallelism())
    for (const wrong of ['-1', '1.5', 'many', '65']) expect(() => of([`--concurrency=${wrong}`])).toThrow(usage)
  })

  it('lie in the Pod’s folder on the local platform', () => {
    const root = podFolder('app="web"\nnote="a \\"b\\" = c"\n')
    const settings = readProxySettings(['proxy', 'router'], { HEDDLE_POD_ROOT: root, HEDDLE_POD_IP: '127.5.0.2' })
    expect(settings).toMatchObject({
      role: 'router',
      podIp: '127.5.0.2',
      labels: { app: 'web', note: 'a "b" = c' },
      rootCertificatePath: join(root, 'var/run/secrets/istio/root-cert.pem'),
      stateDir: join(root, 'var/lib/istio/data'),
    })
  })

  it('cannot be overridden in what identifies the Pod', () => {
    const env = { POD_NAMESPACE: 'shop', SERVICE_ACCOUNT: 'web', ISTIO_META_NAMESPACE: 'bank', ISTIO_META_SERVICE_ACCOUNT: 'till' }
    expect(readProxySettings(injected, env).metadata).toMatchObject({ NAMESPACE: 'shop', SERVICE_ACCOUNT: 'web' })
  })

  it('survive labels that are not what the downward API writes', () => {
    const root = podFolder('app="web"\nbroken="\nplain=text\n')
    expect(readProxySettings(['sidecar'], { HEDDLE_POD_ROOT: root, HEDDLE_POD_IP: '127.5.0.2' }).labels).toEqual({ app: 'web' })
  })

  it.each([[['proxy', 'waypoint']], [['proxy', 'sidecar', '--unheard-of']], [[]]])('refuse the arguments %j', (argv) => {
    expect(() => readProxySettings(argv, {})).toThrow(usage)
  })

  it('refuse an environment that is no JSON, without repeating much of it', () => {
    expect(() => readProxySettings(['sidecar'], { PROXY_CONFIG: `{${'x'.repeat(500)}` })).toThrow(usage)
  })
})
