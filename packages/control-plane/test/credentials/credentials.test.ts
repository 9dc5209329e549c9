import { createMemoryLogger } from '@heddle/base/testing'
import type { KubernetesObject } from '@heddle/client'
import { parseNode, type ProxyNode } from '@heddle/translation'
import { decodeSecret } from '@heddle/xds'
import { describe, expect, it } from 'vitest'
import { parseCredentialName } from '../../src/credentials/credential-name.js'
import { createCredentials } from '../../src/credentials/credentials.js'
import { keyPairOf, rootsOf } from '../../src/credentials/secret-material.js'
import { node } from '../mesh-objects.js'

const secret = (name: string, texts: Readonly<Record<string, string>>, namespace = 'default'): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
})
const tls = { 'tls.crt': 'chain', 'tls.key': 'key' }

describe('the name of a credential', () => {
  it.each([
    ['kubernetes://web', { namespace: 'edge', name: 'web', isRootsOnly: false }],
    ['kubernetes://web-cacert', { namespace: 'edge', name: 'web-cacert', isRootsOnly: true }],
    ['kubernetes://other/web', { namespace: 'other', name: 'web', isRootsOnly: false }],
    ['kubernetes://', undefined],
    ['kubernetes:///web', undefined],
    ['kubernetes://a/b/c', undefined],
    ['configmap://web', undefined],
    ['default', undefined],
  ])('%s', (text, expected) => expect(parseCredentialName(text, 'edge')).toEqual(expected))
})

describe('a Secret', () => {
  it('of either set of keys is a key pair, the generic set first', () => {
    expect(keyPairOf(secret('a', tls))).toEqual({ ok: true, value: { certificateChainPem: 'chain', privateKeyPem: 'key' } })
    expect(keyPairOf(secret('a', { ...tls, cert: 'own', key: 'mine' }))).toMatchObject({ value: { certificateChainPem: 'own' } })
    expect(keyPairOf(secret('a', { ...tls, cert: '', key: 'mine' }))).toMatchObject({ value: { certificateChainPem: 'chain' } })
  })

  it('without them is refused with the keys it has, never with what they hold', () => {
    const reason = 'it has neither cert and key nor tls.crt and tls.key, but a, b, c and 1 more'
    expect(keyPairOf(secret('a', { d: 'hidden', c: '', b: '', a: '' }))).toEqual({ ok: false, reason })
    expect(keyPairOf({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } })).toMatchObject({ ok: false })
  })

  it('may hold roots as cacert or ca.crt', () => {
    expect(rootsOf(secret('a', { 'ca.crt': 'roots' }))).toEqual({ ok: true, value: 'roots' })
    expect(rootsOf(secret('a', { 'ca.crt': 'roots', cacert: 'own' }))).toEqual({ ok: true, value: 'own' })
    expect(rootsOf(secret('a', tls))).toMatchObject({ ok: false })
  })
})

function proxy(): ProxyNode {
  const parsed = parseNode(node())
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.node
}

function harness(...secrets: readonly KubernetesObject[]) {
  const logger = createMemoryLogger()
  const secretOf = (namespace: string, name: string) =>
    secrets.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
  const credentials = createCredentials({ secretOf, logger })
  const served = (names: readonly string[], mayHaveKeys = true) =>
    credentials.resourcesFor(proxy(), names, mayHaveKeys).map((resource) => decodeSecret(resource))
  return { credentials, logger, served, reasons: () => logger.records.map(({ fields }) => fields['reason']) }
}

describe('what a proxy is served', () => {
  it('is the key pair and the roots of Secrets in its own namespace', () => {
    const { served } = harness(secret('web', { ...tls, 'ca.crt': 'roots' }))
    expect(served(['kubernetes://web', 'kubernetes://web-cacert', 'kubernetes://default/web'])).toEqual([
      { kind: 'certificate', name: 'kubernetes://web', certificateChainPem: 'chain', privateKeyPem: 'key' },
      { kind: 'validation', name: 'kubernetes://web-cacert', rootsPem: 'roots' },
      { kind: 'certificate', name: 'kubernetes://default/web', certificateChainPem: 'chain', privateKeyPem: 'key' },
    ])
  })

  it('takes the roots from a Secret of their own before those of the whole one', () => {
    const { served } = harness(secret('web', { ...tls, 'ca.crt': 'whole' }), secret('web-cacert', { cacert: 'own' }))
    expect(served(['kubernetes://web-cacert'])).toMatchObject([{ rootsPem: 'own' }])
    for (const key of ['crl', 'ca.crl'])
      expect(harness(secret('a', { cacert: 'own', [key]: 'lists' })).served(['kubernetes://a-cacert'])).toMatchObject([{ crlPem: 'lists' }])
  })

  it('is nothing of another namespace', () => {
    const { served, reasons } = harness(secret('web', tls, 'istio-system'))
    expect(served(['kubernetes://web', 'kubernetes://istio-system/web'])).toEqual([])
    expect(reasons()).toEqual(['there is no Secret default/web', 'proxies get Secrets of their own namespace only'])
  })

  it('is no private key for an account that may not read Secrets, but roots are public', () => {
    const { served, reasons } = harness(secret('web', { ...tls, 'ca.crt': 'roots' }))
    expect(served(['kubernetes://web', 'kubernetes://web-cacert'], false)).toMatchObject([{ kind: 'validation' }])
    expect(reasons()).toEqual(["the proxy's service account may not read Secrets"])
  })

  it('that cannot be served is said and counted once', () => {
    const { served, credentials, logger } = harness()
    served(['kubernetes://gone'])
    served(['kubernetes://gone'])
    expect(logger.records).toHaveLength(1)
    expect(credentials.errorCount).toBe(1)
  })
})
