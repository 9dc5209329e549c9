import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { silentLogger } from '@heddle/base'
import { createCa, createMemoryCaStore } from '@heddle/ca'
import { createTestCa, type TestIdentity } from '@heddle/ca/testing'
import { fetchX509BundlesMethod, fetchX509SvidMethod, type WorkloadRoots } from '@heddle/xds'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseWorkloadEndpoint, serveWorkloadApi, watchX509Svids, type WorkloadApiServer, type X509Svid } from '../../src/index.js'
import type { WorkloadCertificate } from '../../src/identity/workload-certificate.js'

const spiffeId = 'spiffe://cluster.local/ns/default/sa/web'
const ca = createTestCa()
let folder: string
let path: string
let server: WorkloadApiServer | undefined
let crlPem: string | undefined
const listeners = new Set<(name: string) => void>()
const identity = {
  current: undefined as WorkloadCertificate | undefined,
  subscribe(listener: (name: string) => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
}

function become({ chainPem, keyPem }: TestIdentity): void {
  identity.current = { chainPem, privateKeyPem: keyPem, rootsPem: ca.rootPem, notBeforeMs: 0, notAfterMs: Number.MAX_SAFE_INTEGER }
  for (const listener of listeners) for (const name of ['default', 'ROOTCA']) listener(name)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-workload-'))
  path = join(folder, 'socket')
  identity.current = undefined
  crlPem = undefined
})
afterEach(() => {
  server?.close()
  server = undefined
  rmSync(folder, { recursive: true })
})

const serve = async (): Promise<void> => {
  server = await serveWorkloadApi(
    { path, identity, crlPem: () => crlPem, spiffeId, trustDomain: 'cluster.local' },
    { logger: silentLogger },
  )
}
const until = (check: () => unknown) => expect.poll(check, { interval: 5, timeout: 5000 })

describe('the Workload API', () => {
  it('gives the workload its certificate as soon as there is one, and again after each renewal, in one message', async () => {
    await serve()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const seen: (readonly X509Svid[])[] = []
    const client = watchX509Svids({ endpoint: `unix://${path}`, onSvids: (svids) => seen.push(svids) })
    const [first, second] = [ca.issue(spiffeId), ca.issue(spiffeId, { intermediates: 1 })]
    await until(() => listeners.size).toBe(1)
    become(first)
    await until(() => seen.length).toBe(1)
    expect(seen[0]).toMatchObject([{ spiffeId, chainPem: first.chainPem, rootsPem: ca.rootPem }])
    expect(seen[0]?.[0]?.privateKeyPem).toBe(first.keyPem)
    become(second)
    await until(() => seen.length).toBe(2)
    expect(seen[1]?.[0]?.chainPem).toBe(second.chainPem)
    client.close()
    await until(() => listeners.size).toBe(0)
  })

  it('gives the revocation lists that count, and again when they change', async () => {
    await serve()
    const authority = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() })
    const seen: (readonly X509Svid[])[] = []
    const client = watchX509Svids({ endpoint: `unix://${path}`, onSvids: (svids) => seen.push(svids) })
    await until(() => listeners.size).toBe(1)
    become(ca.issue(spiffeId))
    await until(() => seen.length).toBe(1)
    expect(seen[0]?.[0]?.crlPem).toBe('')
    crlPem = await authority.crlsPem()
    for (const listener of listeners) listener('ROOTCA')
    await until(() => seen.length).toBe(2)
    expect(seen[1]?.[0]?.crlPem).toBe(crlPem)
    client.close()
    await authority.close()
  })

  it('gives the roots by trust domain', async () => {
    await serve()
    become(ca.issue(spiffeId))
    const channel = new Client(`unix:${path}`, credentials.createInsecure())
    const metadata = new Metadata()
    metadata.set('workload.spiffe.io', 'true')
    const { path: method, requestSerialize, responseDeserialize } = fetchX509BundlesMethod
    const stream = channel.makeServerStreamRequest(method, requestSerialize, responseDeserialize, {}, metadata)
    stream.on('error', () => {})
    const { bundles, crls } = await new Promise<WorkloadRoots>((resolve) => stream.once('data', resolve))
    expect(Object.keys(bundles)).toEqual(['spiffe://cluster.local'])
    expect(crls).toEqual([])
    channel.close()
  })

  it('refuses who does not say that it is meant, and has no tokens without an authority', async () => {
    await serve()
    const channel = new Client(`unix:${path}`, credentials.createInsecure())
    const codeOf = (method: string, metadata: Metadata): Promise<number> =>
      new Promise((resolve) => {
        const { requestSerialize, responseDeserialize } = fetchX509SvidMethod
        channel
          .makeServerStreamRequest(method, requestSerialize, responseDeserialize, {}, metadata)
          .on('data', () => {})
          .on('error', (error: ServiceError) => resolve(error.code))
      })
    expect(await codeOf(fetchX509SvidMethod.path, new Metadata())).toBe(3)
    expect(await codeOf('/SpiffeWorkloadAPI/FetchJWTBundles', new Metadata())).toBe(12)
    channel.close()
  })

  it('is followed over its end, with the last certificates kept', async () => {
    await serve()
    become(ca.issue(spiffeId))
    const seen: (readonly X509Svid[])[] = []
    const client = watchX509Svids({ endpoint: `unix://${path}`, onSvids: (svids) => seen.push(svids) })
    await until(() => seen.length).toBe(1)
    server?.close()
    await serve()
    await until(() => seen.length).toBe(2)
    client.close()
  })

  it('hands on nothing that a peer would refuse', async () => {
    await serve()
    const seen: (readonly X509Svid[])[] = []
    become(createTestCa().issue(spiffeId))
    const client = watchX509Svids({ endpoint: `unix://${path}`, onSvids: (svids) => seen.push(svids) })
    await until(() => listeners.size).toBe(1)
    become(ca.issue('spiffe://cluster.local/ns/default/sa/other'))
    become({ ...ca.issue(spiffeId), keyPem: ca.issue(spiffeId).keyPem })
    become(ca.issue(spiffeId))
    await until(() => seen.length).toBe(1)
    client.close()
  })

  it('says why it cannot listen', async () => {
    const long = join(folder, 'x'.repeat(120))
    await expect(serveWorkloadApi({ path: long, identity, spiffeId, trustDomain: 'a' }, { logger: silentLogger })).rejects.toMatchObject({
      code: 'HEDDLE_WORKLOAD_API_LISTEN',
    })
  })
})

describe('an address of the Workload API', () => {
  it.each([
    ['unix:///run/spire/agent.sock', 'unix:/run/spire/agent.sock'],
    ['unix:/run/a', 'unix:/run/a'],
    ['tcp://127.0.0.1:8081', '127.0.0.1:8081'],
    ['tcp://[::1]:8081', '[::1]:8081'],
  ])('%s is taken', (text, address) => expect(parseWorkloadEndpoint(text)).toBe(address))

  it.each([
    '',
    'unix://',
    'unix:relative',
    'unix:///a?b',
    'tcp://localhost:1',
    'tcp://1.2.3.4',
    'tcp://1.2.3.4:0',
    'tcp://1.2.3.4:70000',
    'tcp://1.2.3.4:1/path',
    'tcp://a@1.2.3.4:1',
    'http://1.2.3.4:1',
  ])('%j is refused', (text) =>
    expect(() => parseWorkloadEndpoint(text)).toThrow(expect.objectContaining({ code: 'HEDDLE_WORKLOAD_API_ADDRESS' }) as Error),
  )
})
