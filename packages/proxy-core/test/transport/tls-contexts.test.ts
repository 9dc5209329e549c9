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
