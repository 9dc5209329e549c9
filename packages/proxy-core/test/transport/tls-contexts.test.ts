import { createTestCa } from '@heddle/ca/testing'
import type { CommonTlsContext, SecretSource } from '@heddle/routing'
import { expect, it } from 'vitest'
import { createTlsContexts } from '../../src/transport/tls-contexts.js'

const secrets: SecretSource = { get: () => undefined, subscribe: () => () => undefined }
const trusting = (name: string): CommonTlsContext => ({ validation: { roots: { name, source: 'ads' } } })

it('keeps a context for each set of parameters, and the oldest goes when there are too many', () => {
  const contexts = createTlsContexts(secrets, 2)
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
