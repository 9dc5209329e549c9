/** UUIDs of version 4 out of drawn bytes. */
import { expect, it } from 'vitest'
import { systemRandom } from '@heddle/base/node'
import { UuidPool } from '../../src/message/uuid-pool.js'

it('writes the drawn bytes with version and variant of RFC 9562 in their places', () => {
  const ones = { next: () => 0, bytes: (count: number) => new Uint8Array(count).fill(0xff) }
  const zeros = { next: () => 0, bytes: (count: number) => new Uint8Array(count) }
  expect(new UuidPool(ones).next()).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff')
  expect(new UuidPool(zeros).next()).toBe('00000000-0000-4000-8000-000000000000')
})

it('gives each one once, over many draws', () => {
  const pool = new UuidPool(systemRandom)
  const ids = Array.from({ length: 1000 }, () => pool.next())
  expect(new Set(ids).size).toBe(1000)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
