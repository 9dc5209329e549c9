/** JWT-SVIDs from the authority over a workload's own socket, asked for by our client and by one that was written from the proto alone. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import { silentLogger } from '@heddle/base'
import { type JwtKeySet, validateJwtSvid } from '@heddle/base/node'
import {
  createMeshClient,
  fetchJwtSvids,
  type MeshClient,
  requestJwtSvid,
  serveWorkloadApi,
  validateWithWorkloadApi,
  watchJwtBundles,
  type WorkloadApiServer,
} from '@heddle/client'
import { makeJoinToken } from '@heddle/ca'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createFakeControlPlane, fakeToken, type FakeControlPlane } from '../../src/testing.js'
import { node, pod } from '../mesh-objects.js'
import { giveOrder } from './ca-order.js'

const spiffeId = 'spiffe://cluster.local/ns/default/sa/default'
let controlPlane: FakeControlPlane
let folder: string
let client: MeshClient
let server: WorkloadApiServer
let endpoint: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-tokens-'))
  controlPlane = await createFakeControlPlane({ objects: [pod('web-1', 'default')] })
  client = createMeshClient({
    discovery: () => controlPlane.address,
    node: node(),
    spiffeId,
    trustDomain: 'cluster.local',
    token: () => fakeToken('default', 'default'),
    root: () => controlPlane.rootsPem(),
    onConfig: () => Promise.resolve(),
  })
  await client.start()
  const path = join(folder, 'socket')
  endpoint = `unix://${path}`
  server = await serveWorkloadApi(
    { path, identity: client.identity, spiffeId, trustDomain: 'cluster.local', requestToken: (audiences) => client.jwtSvid(audiences) },
    { logger: silentLogger },
  )
  await vi.waitFor(() => expect(client.identity.trusted?.jwks).toContain('jwt-svid'), { interval: 5, timeout: 10_000 })
})
afterAll(async () => {
  server.close()
  client.close()
  await controlPlane.close()
  rmSync(folder, { recursive: true })
})

describe('a workload', () => {
  it('gets a token of its own id, which the agent and whoever has the keys find good', async () => {
    const [svid] = await fetchJwtSvids({ audiences: ['billing', 'audit'], endpoint })
    expect(svid?.spiffeId).toBe(spiffeId)
    const token = svid?.token ?? ''
    expect(await validateWithWorkloadApi(token, 'audit', { endpoint })).toMatchObject({
      spiffeId,
      claims: { sub: spiffeId, aud: ['billing', 'audit'] },
    })
    const bundles = await new Promise<ReadonlyMap<string, JwtKeySet>>((resolve) => {
      const watch = watchJwtBundles({
        endpoint,
        onBundles: (found) => {
          watch.close()
          resolve(found)
        },
      })
    })
    const judged = validateJwtSvid({ token, audience: 'billing', nowMs: Date.now(), bundleOf: (domain) => bundles.get(domain) })
    expect(judged).toMatchObject({ ok: true, id: { uri: spiffeId } })
  })

  it('gets the same token again while half of its life is left, and one per audience', async () => {
    const ask = async (audience: string): Promise<string | undefined> =>
      (await fetchJwtSvids({ audiences: [audience], endpoint }))[0]?.token
    const issued = controlPlane.ca.metrics().jwtIssued
    const tokens = await Promise.all([ask('one'), ask('one'), ask('two')])
    expect(new Set(tokens).size).toBe(2)
    expect(await ask('one')).toBe(tokens[0])
    expect(controlPlane.ca.metrics().jwtIssued).toBe(issued + 2)
  })

  it('hears of new keys over its open stream', async () => {
    const seen: number[] = []
    const watch = watchJwtBundles({ endpoint, onBundles: (bundles) => seen.push(bundles.get('cluster.local')?.keyIds.length ?? 0) })
    await expect.poll(() => seen, { interval: 5 }).toEqual([1])
    await controlPlane.ca.rotation?.prepare()
    await expect.poll(() => seen.at(-1), { interval: 5, timeout: 10_000 }).toBe(2)
    watch.close()
  })

  it.each([
    ['without an audience', { audiences: [] }, 'audience', false],
    ['with an empty audience', { audiences: [''] }, 'audience', false],
    ['for an id that is none', { audiences: ['a'], spiffeId: 'web' }, 'SPIFFE id', false],
    ['for the id of another', { audiences: ['a'], spiffeId: 'spiffe://cluster.local/ns/default/sa/other' }, 'not "spiffe', true],
    ['with too many audiences', { audiences: Array.from({ length: 17 }, (_, at) => `a${at}`) }, '16 audiences', false],
  ])('gets none %s', async (_, request, words, retryable) => {
    const failure = fetchJwtSvids({ ...request, endpoint })
    await expect(failure).rejects.toMatchObject({
      code: 'HEDDLE_WORKLOAD_API_REFUSED',
      retryable,
      message: expect.stringContaining(words) as string,
    })
  })

  it.each([
    ['garbage', 'a.b.c', 'billing'],
    ['nothing', '', 'billing'],
    ['a token without an audience to hold it to', 'x', ''],
  ])('has %s refused by the agent', async (_, token, audience) => {
    await expect(validateWithWorkloadApi(token, audience, { endpoint })).rejects.toMatchObject({ retryable: false })
  })

  it('has a token for somebody else refused', async () => {
    const [svid] = await fetchJwtSvids({ audiences: ['billing'], endpoint })
    await expect(validateWithWorkloadApi(svid?.token ?? '', 'payroll', { endpoint })).rejects.toThrow('not for "payroll"')
  })
})

describe('a client that was written from the proto alone', () => {
  const text = (field: number, value: string): Buffer => Buffer.concat([Buffer.from([(field << 3) | 2, value.length]), Buffer.from(value)])
  const ask = (method: string, request: Buffer, header: string | undefined): Promise<{ code: number; answer: Buffer }> => {
    const channel = new Client(endpoint.replace('unix://', 'unix:'), credentials.createInsecure())
    const metadata = new Metadata()
    if (header !== undefined) metadata.set('workload.spiffe.io', header)
    const same = (bytes: Buffer): Buffer => bytes
    return new Promise((resolve) => {
      channel.makeUnaryRequest(`/SpiffeWorkloadAPI/${method}`, same, same, request, metadata, (error, answer) => {
        channel.close()
        resolve({ code: error?.code ?? status.OK, answer: answer ?? Buffer.alloc(0) })
      })
    })
  }

  it('reads the id and the token from the fields of JWTSVIDResponse', async () => {
    const { code, answer } = await ask('FetchJWTSVID', text(1, 'billing'), 'true')
    expect(code).toBe(status.OK)
    expect(answer[0]).toBe(0x0a)
    expect(answer.toString()).toContain(spiffeId)
    expect(answer.toString()).toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)
  })

  it.each(['FetchJWTSVID', 'ValidateJWTSVID', 'FetchJWTBundles'])('is refused by %s without the header, as invalid', async (method) => {
    expect((await ask(method, text(1, 'billing'), undefined)).code).toBe(status.INVALID_ARGUMENT)
    expect((await ask(method, text(1, 'billing'), 'yes')).code).toBe(status.INVALID_ARGUMENT)
  })
})

describe('the authority', () => {
  const place = () => ({ address: controlPlane.address, serverName: controlPlane.serverName, rootsPem: controlPlane.rootsPem() })

  it('gives tokens for whom the caller proves to be, and to nobody else', async () => {
    const token = fakeToken('default', 'default')
    const svid = await requestJwtSvid({ ...place(), audiences: ['a'], ttlSeconds: 60, token })
    expect(svid.spiffeId).toBe(spiffeId)
    expect(svid.notAfterMs - Date.now()).toBeLessThanOrEqual(60_000)
    await expect(requestJwtSvid({ ...place(), audiences: ['a'] })).rejects.toMatchObject({ cause: { code: status.UNAUTHENTICATED } })
    await expect(requestJwtSvid({ ...place(), audiences: [], token })).rejects.toMatchObject({ cause: { code: status.INVALID_ARGUMENT } })
  })

  it('does not take a join token for one, and leaves it usable', async () => {
    const { token, tokenHash } = makeJoinToken()
    const workload = { namespace: 'default', serviceAccount: 'vm' }
    await giveOrder(controlPlane, { do: 'create-join-token', tokenHash, workload })
    await expect(requestJwtSvid({ ...place(), audiences: ['a'], token })).rejects.toMatchObject({ cause: { code: status.UNAUTHENTICATED } })
  })

  it('gives none to who is denied', async () => {
    await controlPlane.ca.denied.add({ spiffeId: 'spiffe://cluster.local/ns/default/sa/thief' })
    const token = fakeToken('default', 'thief')
    await expect(requestJwtSvid({ ...place(), audiences: ['a'], token })).rejects.toMatchObject({
      cause: { code: status.PERMISSION_DENIED },
    })
  })
})

it('a socket whose authority is away says that it may come again', async () => {
  await controlPlane.stop()
  await expect(fetchJwtSvids({ audiences: ['while away'], endpoint })).rejects.toMatchObject({ retryable: true })
  await controlPlane.restart()
})
