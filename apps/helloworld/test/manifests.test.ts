import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

describe("the article's manifest", () => {
  it('is kept byte for byte', () => {
    const bytes = readFileSync(new URL('../manifests/helloworld.yaml', import.meta.url))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe('5e4c8fd42826c7d63bb9f287a0d875b9812955b1851ae104c1cafdae4eb96db7')
  })
})
