import { once } from 'node:events'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { status } from '@grpc/grpc-js'
import { createMemoryLogger } from '@heddle/base/testing'
import { requestWorkloadCertificate, type WorkloadCertificate } from '@heddle/client'
import { createCsr, generateKey, parseCertificate, parseCertificatePem } from '@heddle/x509'
import { createTestCa } from '@heddle/ca/testing'
import { adsDeltaMethod, createCertificateMethod, createTokenMethod, streamAccessLogsMethod, typeUrls } from '@heddle/xds'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFakeControlPlane, fakeToken, type FakeControlPlane } from '../../src/testing.js'
import { namespace, node, pod, service, slice } from '../mesh-objects.js'
import { createCaller, errorOf, nextResponse, request } from './grpc-caller.js'

const logger = createMemoryLogger()
let controlPlane: FakeControlPlane
beforeAll(async () => {
  controlPlane = await createFakeControlPlane({ objects: [namespace('default'), service('web'), slice('web', '10.0.0.1')], logger })
})
afterAll(() => controlPlane.close())

const token = fakeToken('default', 'default')
const csr = (): string => createCsr({ privateKey: generateKey() })
const workloadCertificate = (): Promise<WorkloadCertificate> =>
  requestWorkloadCertificate({
    address: controlPlane.address,
    serverName: controlPlane.serverName,
    rootsPem: controlPlane.rootsPem(),
    token,
    ttlSeconds: 3600,
  })
const urisOf = (pem: string): readonly string[] => {
  const ders = parseCertificatePem(pem)
  const parsed = ders.ok ? parseCertificate(ders.ders[0] as Uint8Array) : undefined
  return parsed?.ok ? (parsed.certificate.extensions.subjectAltNames?.uris ?? []) : []
}
/** Runs with a caller that is closed afterwards. */
async function withCaller<Result>(
  options: Parameters<typeof createCaller>[1],
  use: (caller: ReturnType<typeof createCaller>) => Promise<Result>,
): Promise<Result> {
  const caller = createCaller(controlPlane, options)
  try {
    return await use(caller)
  } finally {
    caller.close()
  }
}

describe('a certificate', () => {
  it('is issued at first contact for the identity of the token', async () => {
    const { chain } = await withCaller({ token }, (caller) => caller.certify(csr()))
    expect(urisOf(chain?.[0] ?? '')).toEqual(['spiffe://cluster.local/ns/default/sa/default'])
  })

  it('is renewed with the certificate alone while its workload is there, and no longer', async () => {
    const certificate = await workloadCertificate()
    controlPlane.api.apply(pod('web-1', 'default'))
    const { chain } = await withCaller({ certificate }, (caller) => caller.certify(csr()))
    expect(urisOf(chain?.[0] ?? '')).toEqual(['spiffe://cluster.local/ns/default/sa/default'])
    controlPlane.api.remove(pod('web-1', 'default'))
    expect(await withCaller({ certificate }, (caller) => caller.certify(csr()))).toMatchObject({ code: status.PERMISSION_DENIED })
  })

  it('names the caller, whatever the request asks for', async () => {
    const privateKey = generateKey()
    const wish = createCsr({ privateKey, altNames: { uris: ['spiffe://cluster.local/ns/istio-system/sa/istiod'] } })
    const { chain } = await withCaller({ token }, (caller) => caller.certify(wish))
    expect(urisOf(chain?.[0] ?? '')).toEqual(['spiffe://cluster.local/ns/default/sa/default'])
  })

  it.each([
    ['without credentials', {}],
    ['with a token of nobody', { token: 'stolen' }],
  ])('is refused %s', async (_case, options) => {
    expect(await withCaller(options, (caller) => caller.certify(csr()))).toMatchObject({ code: status.UNAUTHENTICATED })
  })

  it('is refused to a certificate of another authority', async () => {
    const { chainPem, keyPem } = createTestCa().issue('spiffe://cluster.local/ns/default/sa/default')
    const certificate = { chainPem, privateKeyPem: keyPem }
    expect(await withCaller({ certificate }, (caller) => caller.certify(csr()))).toMatchObject({ code: status.UNAUTHENTICATED })
  })

  it('is refused for a request that is none', async () => {
    expect(await withCaller({ token }, (caller) => caller.certify('garbage'))).toMatchObject({ code: status.INVALID_ARGUMENT })
  })
})

describe('discovery', () => {
  it('serves the identity that a token proves', async () => {
    await withCaller({ token }, async (caller) => {
      const call = caller.discover()
      call.write(request(typeUrls.cluster, { node: node() }))
      const { resources } = await nextResponse(call)
      expect(resources.map(({ name }) => name)).toContain('outbound|80||web.default.svc.cluster.local')
    })
  })

  it('serves the identity that a client certificate proves', async () => {
    const certificate = await workloadCertificate()
    await withCaller({ certificate }, async (caller) => {
      const call = caller.discover()
      call.write(request(typeUrls.cluster, { node: node() }))
      expect((await nextResponse(call)).resources).not.toEqual([])
    })
  })

  it.each([
    ['without credentials', {}, node(), status.UNAUTHENTICATED],
    ['with a token of nobody', { token: 'stolen' }, node(), status.UNAUTHENTICATED],
    ['for a node of another account', { token }, node('web-1', '10.0.0.1', 'other'), status.PERMISSION_DENIED],
    ['for a node of another namespace', { token: fakeToken('other', 'default') }, node(), status.PERMISSION_DENIED],
    ['without a node', { token }, undefined, status.INVALID_ARGUMENT],
    ['for a node that is none', { token }, { id: 'garbage' }, status.INVALID_ARGUMENT],
  ])('is refused %s', async (_case, options, from, code) => {
    await withCaller(options, async (caller) => {
      const call = caller.discover()
      call.write(request(typeUrls.cluster, from ? { node: from } : {}))
      expect((await errorOf(call)).code).toBe(code)
    })
  })

  it('is refused for bytes that are no request, and so is a certificate', async () => {
    await withCaller({ token }, async (caller) => {
      expect((await caller.garbage(adsDeltaMethod.path))?.code).toBe(status.INTERNAL)
      expect((await caller.garbage(createCertificateMethod.path))?.code).toBe(status.INTERNAL)
    })
  })

  it('T41: is refused for methods that are not known, whoever calls, and so are all others without credentials', async () => {
    const certificate = await workloadCertificate()
    for (const options of [{}, { token }, { certificate }]) {
      await withCaller(options, async (caller) => {
        for (const path of ['/istio.v1.auth.IstioCertificateService/RevokeCertificate', '/istio.v1.auth.IstioCertificateService', '/x'])
          expect((await caller.garbage(path))?.code).toBe(status.UNIMPLEMENTED)
      })
    }
    await withCaller({}, async (caller) => {
      for (const { path } of [createCertificateMethod, createTokenMethod, streamAccessLogsMethod])
        expect((await caller.garbage(path, new Uint8Array(0)))?.code).toBe(status.UNAUTHENTICATED)
    })
  })

  it('never has a token in the log', () => {
    expect(JSON.stringify(logger.records)).not.toMatch(/fake:|stolen/)
  })

  it('shows a proxy that vanished no more', async () => {
    const connected = async (): Promise<string[]> => {
      const page = await fetch(`http://127.0.0.1:${controlPlane.ports.monitoring}/debug/syncz`)
      return ((await page.json()) as { id: string }[]).map(({ id }) => id)
    }
    const caller = createCaller(controlPlane, { token })
    const vanishing = node('vanishing-1')
    const call = caller.discover()
    call.write(request(typeUrls.cluster, { node: vanishing }))
    await nextResponse(call)
    expect(await connected()).toContain(vanishing.id)
    call.cancel()
    caller.close()
    await expect.poll(connected, { interval: 5, timeout: 1000 }).not.toContain(vanishing.id)
  })

  it('pushes a change', async () => {
    await withCaller({ token }, async (caller) => {
      const call = caller.discover()
      const cluster = 'outbound|80||web.default.svc.cluster.local'
      call.write(request(typeUrls.endpoint, { node: node(), subscribe: [cluster] }))
      const { nonce } = await nextResponse(call)
      call.write(request(typeUrls.endpoint, { responseNonce: nonce }))
      controlPlane.api.apply(slice('web', '10.0.0.1', '10.0.0.2'))
      expect((await nextResponse(call)).resources.map(({ name }) => name)).toEqual([cluster])
    })
  })
})

describe('the TLS of 15012', () => {
  const secureConnect = async (session?: ConnectionOptions['session']): Promise<TLSSocket> => {
    const [host, port] = controlPlane.address.split(':') as [string, string]
    const socket = connect({
      host,
      port: Number(port),
      servername: controlPlane.serverName,
      ca: controlPlane.rootsPem(),
      ALPNProtocols: ['h2'],
      ...(session ? { session } : {}),
    })
    await once(socket, 'secureConnect')
    return socket
  }

  it('asks for a certificate but takes a client without one, and never resumes a session', async () => {
    const first = await secureConnect()
    expect(first.authorized).toBe(true)
    let session: ConnectionOptions['session'] = first.getSession() as ConnectionOptions['session']
    first.on('session', (next: NonNullable<ConnectionOptions['session']>) => (session = next))
    await new Promise((resolve) => first.once('data', resolve))
    first.destroy()
    const second = await secureConnect(session)
    expect(second.isSessionReused()).toBe(false)
    second.destroy()
  })
})
