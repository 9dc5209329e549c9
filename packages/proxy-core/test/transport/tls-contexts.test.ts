import { createTestCa } from '@heddle/ca/testing'
import type { CommonTlsContext, SecretSource } from '@heddle/routing'
import { expect, it } from 'vitest'
import type { KeyPair } from '../../src/transport/usable-certificates.js'
import { createTlsContexts } from '../../src/transport/tls-contexts.js'

const secrets: SecretSource = { get: () => undefined, subscribe: () => () => undefined }
const trusting = (name: string): CommonTlsContext => ({ validation: { roots: { name, source: 'ads' } } })

it('keeps a context for each set of parameters, and the oldest goes when there are too many', () => {
  const contexts = createTlsContexts(secrets, { limit: 2 })
  const first = contexts.get(trusting('first'), 'client')
  const second = contexts.get(trusting('second'), 'client')
  expect(contexts.get(trusting('first'), 'client')).toEqual(first)
  contexts.get(trusting('third'), 'client')

  const again = contexts.get(trusting('second'), 'client')
  expect(again.ok && second.ok && again.material === second.material).toBe(true)
  const anew = contexts.get(trusting('first'), 'client')
  expect(anew.ok && first.ok && anew.material !== first.material).toBe(true)
})

it('serves with the certificates that are there, and with the others when they come', () => {
  const ca = createTestCa()
  const there = new Set(['second'])
  const some: SecretSource = {
    get(name) {
      if (!there.has(name)) return undefined
      const { chainPem, keyPem } = ca.issue(`spiffe://cluster.local/ns/default/sa/${name}`)
      return { kind: 'certificate', name, certificateChainPem: chainPem, privateKeyPem: keyPem }
    },
    subscribe: () => () => undefined,
  }
  const contexts = createTlsContexts(some)
  const common: CommonTlsContext = { certificates: ['first', 'second'].map((name) => ({ name, source: 'ads' })) }
  const uriOf = (): string | undefined => {
    const made = contexts.get(common, 'server')
    return made.ok ? made.material.localUriSan : made.reason
  }
  expect(uriOf()).toBe('spiffe://cluster.local/ns/default/sa/second')
  there.add('first')
  contexts.secretChanged('first')
  expect(uriOf()).toBe('spiffe://cluster.local/ns/default/sa/first')
  there.clear()
  for (const name of ['first', 'second']) contexts.secretChanged(name)
  expect(uriOf()).toBe('the certificate "first", "second" has not been delivered')
})

it.each([
  ['a key that does not fit', (good, other) => ({ ...good, privateKeyPem: other.privateKeyPem })],
  ['a chain cut short', (good) => ({ ...good, certificateChainPem: good.certificateChainPem.slice(0, 200) })],
  ['nothing in it', (good) => ({ ...good, certificateChainPem: '', privateKeyPem: '' })],
  [
    'the chain in the wrong order',
    (good, other) => ({ ...good, certificateChainPem: other.certificateChainPem + good.certificateChainPem }),
  ],
] satisfies [string, (good: KeyPair, other: KeyPair) => KeyPair][])(
  'T43: a renewal with %s is said, and the certificate before it goes on serving',
  (_, spoil) => {
    const ca = createTestCa()
    const pair = (account: string): KeyPair => {
      const { chainPem, keyPem } = ca.issue(`spiffe://cluster.local/ns/default/sa/${account}`)
      return { kind: 'certificate', name: 'default', certificateChainPem: chainPem, privateKeyPem: keyPem }
    }
    let current: KeyPair | undefined = pair('first')
    const refused: string[] = []
    const contexts = createTlsContexts(
      { get: () => current, subscribe: () => () => undefined },
      { onRefused: (name) => void refused.push(name) },
    )
    const common: CommonTlsContext = { certificates: [{ name: 'default', source: 'agent' }] }
    const uriAfter = (next: KeyPair | undefined): string | undefined => {
      current = next
      contexts.secretChanged('default')
      const made = contexts.get(common, 'server')
      return made.ok ? made.material.localUriSan : made.reason
    }
    const first = uriAfter(current)
    expect(uriAfter(spoil(pair('second'), pair('third')))).toBe(first)
    expect(refused).toEqual(['default'])
    expect(uriAfter(pair('fourth'))).toBe('spiffe://cluster.local/ns/default/sa/fourth')
    expect(uriAfter(undefined)).toBe('the certificate "default" has not been delivered')
  },
)
