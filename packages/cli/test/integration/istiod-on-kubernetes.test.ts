/**
 * istiod against a real API server, with the rights that `heddle install` gives it: tokens that the API server made are judged by it
 * (TokenReview), and for those whom it vouches for certificates are issued.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLogger } from '@heddle/base/testing'
import { requestWorkloadCertificate } from '@heddle/client'
import type { KubernetesObject } from '@heddle/client/resources'
import { runIstiod } from '@heddle/control-plane'
import { parseCertificate, parseCertificatePem } from '@heddle/x509'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isAbsent, type KubeApiserver, startKubeApiserver } from '../../../config-schema/test/integration/kube-apiserver.fixture.js'
import { demoProfile } from '../../src/install/demo-profile.js'

const logger = createMemoryLogger()
const stop = new AbortController()
let api: KubeApiserver
let folder: string
let running: Promise<void> | undefined
let address: string
let rootsPem: string

const collections: Readonly<Record<string, string>> = {
  CustomResourceDefinition: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  Namespace: '/api/v1/namespaces',
  ServiceAccount: '/api/v1/namespaces/istio-system/serviceaccounts',
  ConfigMap: '/api/v1/namespaces/istio-system/configmaps',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/istio-system/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/istio-system/rolebindings',
}

async function post(path: string, body: object): Promise<KubernetesObject> {
  const answer = await api.call('POST', path, body)
  if (answer.status >= 300) throw new Error(`${path}: ${answer.body.message ?? answer.status}`)
  return answer.body as unknown as KubernetesObject
}

const accounts = '/api/v1/namespaces/default/serviceaccounts'
const podsPath = '/api/v1/namespaces/default/pods'
const published = '/api/v1/namespaces/default/configmaps/istio-ca-root-cert'

function createPod(name: string): Promise<KubernetesObject> {
  const spec = { serviceAccountName: 'web', automountServiceAccountToken: false, containers: [{ name: 'app', image: 'example/app:1' }] }
  return post(podsPath, { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec })
}

async function requestToken(path: string, spec: object): Promise<string> {
  const answer = await post(`${path}/token`, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec })
  return (answer['status'] as { readonly token: string }).token
}

function tokenOf({ metadata: { name, uid } }: KubernetesObject, audiences: readonly string[] = ['istio-ca']): Promise<string> {
  return requestToken(`${accounts}/web`, {
    audiences,
    expirationSeconds: 600,
    boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
  })
}

/** The API server's own token with times that are long gone, signed by its own key. */
function expired(token: string): string {
  const [header = '', payload = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const longAgo = { iat: 1_600_000_000, nbf: 1_600_000_000, exp: 1_600_000_600 }
  const text = `${header}.${Buffer.from(JSON.stringify({ ...claims, ...longAgo })).toString('base64url')}`
  return `${text}.${sign('sha256', Buffer.from(text), api.serviceAccountKey).toString('base64url')}`
}

async function certify(token: string): Promise<readonly string[]> {
  const place = { address, serverName: 'istiod.istio-system.svc', rootsPem }
  const issued = await requestWorkloadCertificate({ ...place, token, ttlSeconds: 3600 })
  const ders = parseCertificatePem(issued.chainPem)
  const leaf = ders.ok ? parseCertificate(ders.ders[0] as Uint8Array) : undefined
  return leaf?.ok ? (leaf.certificate.extensions.subjectAltNames?.uris ?? []) : []
}

/** What istiod logged of its last refusal. */
function lastRefusal(): Readonly<Record<string, unknown>> {
  return logger.records.findLast(({ message }) => message === 'could not authenticate a certificate request')?.fields ?? {}
}

async function startIstiod(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'heddle-istiod-'))
  const mounted = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount')
  mkdirSync(mounted, { recursive: true })
  const own = '/api/v1/namespaces/istio-system/serviceaccounts/istiod'
  writeFileSync(join(mounted, 'token'), await requestToken(own, { expirationSeconds: 3600 }))
  writeFileSync(join(mounted, 'ca.crt'), api.rootPem)
  const env = {
    HEDDLE_POD_ROOT: folder,
    HEDDLE_POD_IP: '127.0.0.1',
    POD_IP: '127.0.0.1',
    HEDDLE_TOKEN_REVIEW: 'true',
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(api.port),
  }
  const ports = ['--secureGRPCAddr=:0', '--monitoringAddr=:0', '--telemetryAddr=:0', '--bundleAddr=:0']
  running = runIstiod(['discovery', ...ports], env, { logger, signal: stop.signal })
  const served = vi.waitUntil(() => logger.records.find(({ message }) => message === 'the control plane serves'), {
    timeout: 60_000,
    interval: 50,
  })
  const record = await Promise.race([served, running.then(() => undefined)])
  address = `127.0.0.1:${String(record?.fields['secureGrpc'])}`
}

describe.skipIf(isAbsent)('istiod on Kubernetes', () => {
  beforeAll(async () => {
    api = await startKubeApiserver()
    for (const object of demoProfile({ version: 'test', trustDomain: 'cluster.local' })) {
      const collection = collections[object.kind]
      if (collection !== undefined) await post(collection, object)
    }
    await post(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web' } })
    await api.until('/apis/networking.istio.io/v1/virtualservices', ({ status }) => status === 200)
    await startIstiod()
    await api.until(published, ({ status }) => status === 200)
    const { body } = await api.call('GET', published)
    rootsPem = (body['data'] as Record<string, string>)['root-cert.pem'] ?? ''
  }, 120_000)
  afterAll(async () => {
    stop.abort()
    await running?.catch(() => undefined)
    await api.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('gives a Pod whose token the API server made a certificate of its account', async () => {
    expect(await certify(await tokenOf(await createPod('web-1')))).toEqual(['spiffe://cluster.local/ns/default/sa/web'])
  })

  it('refuses a token for another audience, and says so to the operator', async () => {
    const token = await tokenOf(await createPod('web-2'), ['vault'])
    await expect(certify(token)).rejects.toMatchObject({ code: 'HEDDLE_IDENTITY_REFUSED' })
    expect(lastRefusal()).toMatchObject({ fault: 'wrong-audience' })
  })

  it('refuses the token of a Pod that was deleted', async () => {
    const token = await tokenOf(await createPod('web-3'))
    expect(await certify(token)).toHaveLength(1)
    await api.call('DELETE', `${podsPath}/web-3?gracePeriodSeconds=0`)
    await api.until(`${podsPath}/web-3`, ({ status }) => status === 404)
    // The API server remembers for ten seconds what it said of a token; istiod looks for the Pod itself as well.
    await vi.waitFor(() => expect(certify(token)).rejects.toMatchObject({ code: 'HEDDLE_IDENTITY_REFUSED' }), { timeout: 5000 })
    const refused = async (): Promise<void> => {
      await certify(token).catch(() => undefined)
      expect(lastRefusal()).toMatchObject({ fault: 'workload-gone' })
    }
    await vi.waitFor(refused, { timeout: 30_000, interval: 500 })
  }, 40_000)

  it('refuses a token that has expired, and one that is none', async () => {
    const token = expired(await tokenOf(await createPod('web-4')))
    await expect(certify(token)).rejects.toMatchObject({ code: 'HEDDLE_IDENTITY_REFUSED' })
    expect(lastRefusal()).toMatchObject({ fault: 'expired' })
    await expect(certify('garbage')).rejects.toMatchObject({ code: 'HEDDLE_IDENTITY_REFUSED' })
    expect(lastRefusal()['fault']).toBeUndefined()
  })

  it('takes the tokens of an OpenID issuer as soon as the ConfigMap heddle-ca names it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { iss: 'https://ci.example', aud: 'istio-ca', sub: 'system:serviceaccount:default:web', exp: Date.now() / 1000 + 600 }
    const text = `${part({ alg: 'ES256', kid: 'one' })}.${part({ ...claims, exp: Math.floor(claims.exp) })}`
    const token = `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    await expect(certify(token)).rejects.toMatchObject({ code: 'HEDDLE_IDENTITY_REFUSED' })
    const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] })
    const data = { 'jwt-rules': JSON.stringify([{ issuer: 'https://ci.example', jwks }]) }
    const metadata = { name: 'heddle-ca', namespace: 'istio-system' }
    await post('/api/v1/namespaces/istio-system/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    await vi.waitFor(async () => expect(await certify(token)).toEqual(['spiffe://cluster.local/ns/default/sa/web']), { timeout: 10_000 })
  })

  it('has no token in its log', () => {
    expect(JSON.stringify(logger.records)).not.toMatch(/eyJ/)
  })
})
