/** One kind's validator stays small and free of Node, and is the same validator. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { validateVirtualService } from '../../src/entries/virtual-service.js'
import { customKinds } from '../../src/kinds/custom-kinds.js'
import { validateObject } from '../../src/validate/validate.js'

const folder = join(import.meta.dirname, '../../src/entries')
const entries = readdirSync(folder)
const largestBytes = 25 * 1024

async function bundle(entry: string): Promise<{ readonly bytes: number; readonly text: string }> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@heddle/source'],
    write: false,
  })
  const text = outputFiles[0]?.text ?? ''
  return { bytes: gzipSync(text).length, text }
}

describe('the entry of one kind', () => {
  it.each(entries)('%s takes at most 25 KB, and no YAML parser and no zod', async (entry) => {
    const { bytes, text } = await bundle(join(folder, entry))
    expect(bytes).toBeLessThan(largestBytes)
    expect(bytes).toBeGreaterThan(1000)
    expect(text).not.toMatch(/from"node:|ZodType|LineCounter/)
  })

  it('is there for every kind', () => {
    expect(entries).toHaveLength(customKinds.length)
  })

  it('says what validation of all kinds says', () => {
    const value = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'a' },
      spec: { hosts: ['a'], htpp: [] },
    }
    expect(validateVirtualService(value)).toEqual(validateObject(value))
    expect(validateVirtualService(value, { unknownFields: 'prune' })).toEqual(validateObject(value, { unknownFields: 'prune' }))
  })

  it('refuses other kinds and versions', () => {
    const metadata = { name: 'a' }
    expect(validateVirtualService({ apiVersion: 'v1', kind: 'Pod', metadata }).diagnostics[0]).toMatchObject({ path: 'kind' })
    expect(validateVirtualService({ apiVersion: 'networking.istio.io/v2', kind: 'VirtualService', metadata }).diagnostics[0]).toMatchObject(
      {
        path: 'apiVersion',
        suggestion: 'networking.istio.io/v1',
      },
    )
    expect(validateVirtualService(null).diagnostics[0]).toMatchObject({ ruleId: 'not-a-resource' })
  })

  it('builds the whole package for a browser', async () => {
    for (const name of ['index.ts', 'zod.ts', 'rules.ts', 'gateway-api.ts']) await bundle(join(folder, '..', name))
  })
})
