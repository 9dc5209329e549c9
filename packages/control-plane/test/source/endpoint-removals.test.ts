import type { InformerEvent } from '@heddle/client'
import { expect, it } from 'vitest'
import { createEndpointRemovals } from '../../src/source/endpoint-removals.js'
import { slice } from '../mesh-objects.js'

const applied = (...addresses: readonly string[]): InformerEvent => ({ type: 'applied', object: slice('web', ...addresses) as never })
const notReady = (address: string): InformerEvent => {
  const object = { ...slice('web'), endpoints: [{ addresses: [address], conditions: { ready: false } }] }
  return { type: 'applied', object: object as never }
}

it('tells removals from all other changes of endpoints', () => {
  const isRemoval = createEndpointRemovals()
  expect(isRemoval({ type: 'synced' })).toBe(false)
  expect(isRemoval(applied('10.0.0.1'))).toBe(false)
  expect(isRemoval(applied('10.0.0.1', '10.0.0.2'))).toBe(false)
  expect(isRemoval(applied('10.0.0.2', '10.0.0.3'))).toBe(true)
  expect(isRemoval(notReady('10.0.0.2'))).toBe(true)
  expect(isRemoval(notReady('10.0.0.2'))).toBe(false)
  expect(isRemoval(applied('10.0.0.2'))).toBe(false)
  expect(isRemoval({ type: 'deleted', object: slice('web') as never })).toBe(true)
})
