import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLogger } from '@heddle/base/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProxySettings } from '../../src/settings/proxy-settings.js'
import { openWorkloadApi } from '../../src/identity/workload-api.js'

let root: string
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'heddle-workload-api-'))))
afterEach(() => rmSync(root, { recursive: true, force: true }))

async function logged(pod: { readonly root: string; readonly workloadSocketPath?: string }) {
  const logger = createMemoryLogger()
  const settings = { pod, trustDomain: 'cluster.local', podNamespace: 'default', serviceAccount: 'web' } as unknown as ProxySettings
  const identity = { current: undefined, subscribe: () => () => {} }
  expect(await openWorkloadApi(settings, { identity } as unknown as Parameters<typeof openWorkloadApi>[1], logger)).toBeUndefined()
  return logger.records.at(-1)
}

describe('a Workload API that cannot be served', () => {
  it('is a warning with its path and what to do', async () => {
    const taken = join(root, 'file')
    writeFileSync(taken, '')
    for (const path of [join(taken, 'socket'), join(root, 'a'.repeat(120))])
      expect(await logged({ root, workloadSocketPath: path })).toMatchObject({
        level: 'warn',
        fields: { socket: path, hint: expect.stringContaining('107 bytes') as string },
      })
  })

  it('is no fault where the folder of it is not mounted', async () => {
    writeFileSync(join(root, 'var'), 'nothing can be mounted below')
    expect(await logged({ root })).toMatchObject({ level: 'info', fields: { socket: expect.stringContaining(root) as string } })
  })
})
