/** Roots and denials on their way to workloads and back: the client of @heddle/client against a real control plane. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseJwtKeySet, validateJwtSvid } from '@heddle/base/node'
import { createMeshClient, type MeshClient } from '@heddle/client'
import { parseCertificatePem, createTrustBundle, verifySvidPath } from '@heddle/x509'
import type { Rotation } from '@heddle/ca'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeControlPlane, fakeToken, type FakeControlPlane } from '../../src/testing.js'
import { node, pod, service, slice } from '../mesh-objects.js'
import { giveOrder, type OrderAnswer } from './ca-order.js'

let controlPlane: FakeControlPlane
let stateDir: string
let rootPem: string
const open: MeshClient[] = []
/** Renewal by certificate needs a Pod that runs under the account. */
beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'heddle-rotation-'))
  controlPlane = await createFakeControlPlane({ objects: [service('web'), slice('web', '10.0.0.1'), pod('web-1', 'default')] })
  rootPem = controlPlane.rootsPem()
})
afterEach(async () => {
  for (const client of open.splice(0)) client.close()
  await controlPlane.close()
  rmSync(stateDir, { recursive: true, force: true })
})

async function start(): Promise<MeshClient> {
  const client = createMeshClient({
    discovery: () => controlPlane.address,
    node: node(),
    spiffeId: 'spiffe://cluster.local/ns/default/sa/default',
    trustDomain: 'cluster.local',
    token: () => fakeToken('default', 'default'),
    // As mounted at the start: a file that nobody has written again.
    root: () => rootPem,
    stateDir,
    onConfig: () => Promise.resolve(),
  })
  open.push(client)
  await client.start()
  await until(() => client.isConnected).toBe(true)
  return client
}

/** The same workload, started again while the control plane is down. */
async function startAlone(client: MeshClient): Promise<MeshClient> {
  client.close()
  open.length = 0
  await controlPlane.stop()
  const again = createMeshClient({
    discovery: () => controlPlane.address,
    node: node(),
    spiffeId: 'spiffe://cluster.local/ns/default/sa/default',
    trustDomain: 'cluster.local',
    token: () => undefined,
    root: () => rootPem,
    stateDir,
    onConfig: () => Promise.resolve(),
  })
  open.push(again)
  await again.start()
  return again
}

const until = (check: () => unknown) => expect.poll(check, { interval: 10, timeout: 10_000 })
const rotation = (): Rotation => controlPlane.ca.rotation as Rotation
const rootsOf = (client: MeshClient): number => client.identity.current?.rootsPem.match(/BEGIN/g)?.length ?? 0
const issuedBy = (client: MeshClient, rootsPem: string): boolean => {
  const chain = parseCertificatePem(client.identity.current?.chainPem ?? '')
  const bundle = createTrustBundle({ roots: { 'cluster.local': rootsPem } })
  return chain.ok && verifySvidPath({ chain: chain.ders, bundle, nowMs: Date.now() }).ok
}

describe('a rotation', () => {
  it('reaches a workload without a restart: both roots, another certificate when the old root is tainted, then the new root alone', async () => {
    const client = await start()
    const changed: string[] = []
    client.secrets.subscribe((name) => changed.push(name))
    const oldRoots = controlPlane.rootsPem()
    const [old] = rotation().status()
    await rotation().prepare()
    await until(() => rootsOf(client)).toBe(2)
    await rotation().activate()
    expect(issuedBy(client, oldRoots)).toBe(true)
    await rotation().taint()
    await until(() => issuedBy(client, oldRoots)).toBe(false)
    expect(client.secrets.get('ROOTCA')).toMatchObject({ kind: 'validation', taintedRootsPem: oldRoots.trim().concat('\n') })
    await rotation().revoke(old?.fingerprint ?? '', true)
    await until(() => rootsOf(client)).toBe(1)
    expect(client.identity.current?.rootsPem.trim()).toBe(controlPlane.rootsPem().trim())
    expect(changed).toContain('ROOTCA')
    expect(readFileSync(join(stateDir, 'identity.json'), 'utf8')).toContain(JSON.stringify(controlPlane.rootsPem()).slice(1, -1))
    // The mounted root is the old one; what was pushed leads back all the same.
    await controlPlane.stop()
    await until(() => client.isConnected).toBe(false)
    await controlPlane.restart()
    await until(() => client.isConnected).toBe(true)
  })

  it('shows which workload has acknowledged, and that it is one that nobody observes right after a start', async () => {
    await start()
    const page = async (): Promise<{ rotation: { plan: { observed?: number; next: { waitsFor: string } } } }> =>
      (await (await fetch(`http://127.0.0.1:${controlPlane.ports.monitoring}/debug/ca`)).json()) as never
    await rotation().prepare()
    expect((await page()).rotation.plan.observed).toBeUndefined()
    expect((await page()).rotation.plan.next.waitsFor).toContain('renewal')
    expect(JSON.stringify(await page())).not.toContain('PRIVATE')
  })
})

it('a denial reaches a workload in a moment, also one that starts again without the control plane', async () => {
  const client = await start()
  const denied = 'spiffe://cluster.local/ns/default/sa/thief'
  await controlPlane.ca.denied.add({ spiffeId: denied })
  await until(() => client.secrets.get('ROOTCA')).toMatchObject({ denied: { spiffeIds: [denied], serials: [] } })
  const again = await startAlone(client)
  expect(again.secrets.get('ROOTCA')).toMatchObject({ denied: { spiffeIds: [denied] } })
})

it('wire T28: revocation lists reach a workload in a moment, also one that starts again without the control plane; such as cannot be read do not', async () => {
  controlPlane.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  const client = await start()
  expect(client.secrets.get('ROOTCA')).not.toHaveProperty('crlPem')
  await controlPlane.ca.denied.add({ serialHex: 'abc123' })
  const crlPem = await controlPlane.ca.crlsPem()
  controlPlane.ca.replaceCrls(crlPem)
  await until(() => client.secrets.get('ROOTCA')).toMatchObject({ crlPem })
  await until(() => controlPlane.api.has('configmaps', 'istio-ca-crl', 'default')).toBe(true)
  expect(() => controlPlane.ca.replaceCrls('none')).toThrow(expect.objectContaining({ code: 'HEDDLE_CA_CACERTS_INVALID' }) as Error)
  expect(controlPlane.ca.bundle().crlPem).toBe(crlPem)
  const again = await startAlone(client)
  expect(again.secrets.get('ROOTCA')).toMatchObject({ crlPem })
})

it('the keys of tokens are still known to a workload that starts again without the control plane', async () => {
  const client = await start()
  const { token } = await controlPlane.ca.issueJwt(
    { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'web', method: 'operator' },
    ['billing'],
  )
  const judge = (one: MeshClient): unknown => {
    const keys = parseJwtKeySet(one.identity.trusted?.jwks ?? '')
    return keys.ok && validateJwtSvid({ token, audience: 'billing', bundleOf: () => keys.keys, nowMs: Date.now() })
  }
  await until(() => judge(client)).toMatchObject({ ok: true })
  expect(judge(await startAlone(client))).toMatchObject({ ok: true })
})

describe('orders to the authority', () => {
  const order = (fields: object): Promise<OrderAnswer> => giveOrder(controlPlane, fields)

  it('come through the API, are carried out once, and are answered', async () => {
    expect(await order({ do: 'rotate-start', claimedActor: 'alice' })).toMatchObject({ ok: true })
    expect(rotation().plan().isRunning).toBe(true)
    expect(await order({ do: 'rotate-start' })).toMatchObject({ ok: false, message: expect.stringContaining('under way') as string })
    expect(await order({ do: 'rotate-activate' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('cannot sign yet') as string,
    })
    expect(rotation().status()[0]?.phase).toBe('active')
    expect(await order({ do: 'rotate-abort' })).toMatchObject({ ok: true })
    expect(rotation().status()).toHaveLength(1)
    expect(await order({ do: 'deny', spiffeId: 'spiffe://cluster.local/a', reason: 'lost' })).toMatchObject({ ok: true })
    expect(controlPlane.ca.denied.entries()).toHaveLength(1)
    expect(await order({ do: 'allow', spiffeId: 'spiffe://cluster.local/a' })).toMatchObject({ ok: true })
    expect(await order({ do: 'dance' })).toMatchObject({ ok: false, message: expect.stringContaining('dance') as string })
  })

  it('activate a root by force although a workload lacks it, and say which', async () => {
    expect(await order({ do: 'rotate-activate' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('no root is prepared') as string,
    })
    await rotation().prepare()
    const stop = rotation().observe(() => [
      { id: 'web-1.default', spiffeId: 'spiffe://cluster.local/ns/default/sa/web', bundleFingerprint: undefined },
    ])
    const named = 'web-1.default (spiffe://cluster.local/ns/default/sa/web)'
    const refused = await order({ do: 'rotate-activate' })
    expect(refused).toMatchObject({ ok: false, message: expect.stringContaining(`1 of 1 workloads lack it: ${named}`) as string })
    const forced = await order({ do: 'rotate-activate', force: true })
    expect(forced).toMatchObject({ ok: true, message: expect.stringContaining(`1 workloads do not trust it yet: ${named}`) as string })
    expect(
      rotation()
        .status()
        .map(({ phase }) => phase),
    ).toEqual(['retiring', 'active'])
    stop()
  })
})
