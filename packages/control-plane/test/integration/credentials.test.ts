/** SDS over a real stream: a Gateway's credentials reach the gateway's proxy, and nobody else. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLogger } from '@heddle/base/testing'
import { createMeshClient, type MeshClient } from '@heddle/client'
import { createCa, createMemoryCaStore } from '@heddle/ca'
import { type ProxyConfig, secretReferencesOf } from '@heddle/routing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApplyObject, createFakeControlPlane, fakeToken, type FakeControlPlane } from '../../src/testing.js'

interface Pair {
  readonly chainPem: string
  readonly keyPem: string
}

async function issuePair(name: string): Promise<Pair> {
  const ca = await createCa({ trustDomain: 'web', store: createMemoryCaStore() })
  const issued = await ca.issueServer({ dnsNames: [name], ttlSeconds: 3600, workload: { namespace: 'web', serviceAccount: 'web' } })
  await ca.close()
  return { chainPem: issued.chain.join(''), keyPem: issued.privateKeyPem }
}

const secret = (name: string, { chainPem, keyPem }: Pair, namespace = 'istio-system'): ApplyObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  type: 'kubernetes.io/tls',
  data: { 'tls.crt': Buffer.from(chainPem).toString('base64'), 'tls.key': Buffer.from(keyPem).toString('base64') },
})

const gatewayPod = (namespace: string): ApplyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'edge-1', namespace, labels: { istio: 'edge' } },
  spec: { serviceAccountName: 'edge', containers: [{ name: 'proxy' }] },
  status: { podIP: '10.0.0.9' },
})

const gateway: ApplyObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'edge', namespace: 'istio-system', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    selector: { istio: 'edge' },
    servers: [
      {
        port: { number: 8443, name: 'https', protocol: 'HTTPS' },
        hosts: ['web.example.com'],
        tls: { mode: 'SIMPLE', credentialName: 'web' },
      },
    ],
  },
}

let controlPlane: FakeControlPlane
let stateDir: string
const open: MeshClient[] = []
beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'heddle-credentials-'))
  const pods = ['istio-system', 'default'].map(gatewayPod)
  controlPlane = await createFakeControlPlane({ objects: [...pods, gateway, secret('web', await issuePair('first.example.com'))] })
})
afterEach(async () => {
  for (const client of open.splice(0)) client.close()
  await controlPlane.close()
  rmSync(stateDir, { recursive: true, force: true })
})

function gatewayProxy(namespace = 'istio-system') {
  const configs: ProxyConfig[] = []
  const changed: string[] = []
  const logger = createMemoryLogger()
  const client = createMeshClient(
    {
      discovery: () => controlPlane.address,
      node: {
        id: `router~10.0.0.9~edge-1.${namespace}~${namespace}.svc.cluster.local`,
        cluster: 'edge',
        metadata: { NAMESPACE: namespace, SERVICE_ACCOUNT: 'edge', LABELS: { istio: 'edge' } },
      },
      spiffeId: `spiffe://cluster.local/ns/${namespace}/sa/edge`,
      trustDomain: 'cluster.local',
      token: () => fakeToken(namespace, 'edge'),
      root: () => controlPlane.rootsPem(),
      stateDir,
      onConfig: async (config) => void configs.push(config),
    },
    { logger },
  )
  client.secrets.subscribe((name) => changed.push(name))
  open.push(client)
  const served = () => client.secrets.get('kubernetes://web')
  return { client, configs, changed, logger, served }
}

const namedSecrets = (config: ProxyConfig | undefined): readonly string[] =>
  secretReferencesOf(config?.listeners ?? [], config?.clusters ?? []).map(({ name }) => name)
const until = (check: () => unknown) => expect.poll(check, { interval: 5, timeout: 5000 })

describe('the credential of a Gateway', () => {
  it('is there before the configuration that needs it, and follows the Secret', async () => {
    const { client, configs, changed, served } = gatewayProxy()
    await client.start()
    await until(() => configs.length).toBe(1)
    expect(served()).toMatchObject({ kind: 'certificate', name: 'kubernetes://web' })
    const next = await issuePair('second.example.com')
    changed.length = 0
    controlPlane.api.apply(secret('web', next))
    await until(served).toMatchObject({ certificateChainPem: next.chainPem })
    expect(changed).toEqual(['kubernetes://web'])
    expect(configs).toHaveLength(1)
  })

  it('stays in use when its Secret is deleted or spoilt', async () => {
    const { client, configs, served } = gatewayProxy()
    await client.start()
    await until(() => configs.length).toBe(1)
    const before = served()
    const [one, other] = [await issuePair('a.example.com'), await issuePair('b.example.com')]
    controlPlane.api.apply(secret('web', { chainPem: one.chainPem, keyPem: other.keyPem }))
    const states = async (): Promise<string> => {
      const page = await fetch(`http://127.0.0.1:${controlPlane.ports.monitoring}/debug/syncz`)
      return page.text()
    }
    await until(states).toContain('the secret \\"kubernetes://web\\" cannot be used')
    expect(await states()).not.toContain('PRIVATE KEY')
    expect(served()).toBe(before)
    controlPlane.api.remove(secret('web', one))
    await until(async () => (await fetch(`http://127.0.0.1:${controlPlane.ports.monitoring}/metrics`)).text()).toContain(
      'pilot_sds_certificate_errors_total 1',
    )
    expect(served()).toBe(before)
  })

  it('that does not exist yet keeps nothing else from applying, and comes when it is made', async () => {
    const pair = await issuePair('late.example.com')
    controlPlane.api.remove(secret('web', pair))
    const { client, configs, served } = gatewayProxy()
    await client.start()
    await until(() => configs.length).toBe(1)
    expect(served()).toBeUndefined()
    expect(namedSecrets(configs.at(-1))).toEqual(['kubernetes://web'])
    controlPlane.api.apply(secret('web', pair))
    await until(served).toMatchObject({ certificateChainPem: pair.chainPem })
  })

  it('is not for an account that may not read Secrets', async () => {
    controlPlane.api.deny('system:serviceaccount:istio-system:edge')
    const { client, configs, served } = gatewayProxy()
    await client.start()
    await until(() => configs.length).toBe(1)
    expect(served()).toBeUndefined()
  })

  it('is not for a proxy of another namespace that the Gateway selects too', async () => {
    const { client, configs, served } = gatewayProxy('default')
    await client.start()
    await until(() => configs.at(-1)?.listeners.length).toBe(1)
    expect(namedSecrets(configs.at(-1))).toEqual(['kubernetes://web'])
    expect(served()).toBeUndefined()
  })

  it('is kept for a start without the control plane, for the owner only', async () => {
    const first = gatewayProxy()
    await first.client.start()
    await until(() => first.configs.length).toBe(1)
    const held = first.served()
    first.client.close()
    await controlPlane.stop()
    const file = join(stateDir, 'last-good-config.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toContain('kubernetes://web')
    const second = gatewayProxy()
    await second.client.start()
    expect(second.configs).toHaveLength(1)
    expect(second.served()).toEqual(held)
  })
})
