import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@heddle/base'
import { createMemoryLogger } from '@heddle/base/testing'
import { createCa, createMemoryCaStore } from '@heddle/ca'
import { createTestCa } from '@heddle/ca/testing'
import { watchX509Svids } from '@heddle/client'
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
  const client = { identity } as unknown as Parameters<typeof openWorkloadApi>[1]
  expect(await openWorkloadApi(settings, client, { get: () => undefined, subscribe: () => () => {} }, logger)).toBeUndefined()
  return logger.records.at(-1)
}

it('tells applications of the lists that are mounted, and of their changes', async () => {
  const authority = createTestCa()
  const spiffeId = 'spiffe://cluster.local/ns/default/sa/web'
  const { chainPem, keyPem } = authority.issue(spiffeId)
  const path = join(root, 'socket')
  const settings = {
    pod: { root, workloadSocketPath: path },
    trustDomain: 'cluster.local',
    podNamespace: 'default',
    serviceAccount: 'web',
  } as unknown as ProxySettings
  const current = { chainPem, privateKeyPem: keyPem, rootsPem: authority.rootPem, notBeforeMs: 0, notAfterMs: Number.MAX_SAFE_INTEGER }
  const ca = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() })
  const listeners = new Set<(name: string) => void>()
  let crlPem: string | undefined
  const secrets: Parameters<typeof openWorkloadApi>[2] = {
    get: (name) => ({ kind: 'validation', name, rootsPem: authority.rootPem, ...(crlPem !== undefined && { crlPem }) }),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const client = { identity: { current } } as unknown as Parameters<typeof openWorkloadApi>[1]
  const server = await openWorkloadApi(settings, client, secrets, silentLogger)
  const seen: string[] = []
  const application = watchX509Svids({ endpoint: `unix://${path}`, onSvids: ([svid]) => seen.push(svid?.crlPem ?? 'none') })
  try {
    await expect.poll(() => seen).toEqual([''])
    crlPem = await ca.crlsPem()
    for (const listener of listeners) listener('kubernetes://other')
    for (const listener of listeners) listener('ROOTCA')
    await expect.poll(() => seen).toEqual(['', crlPem])
  } finally {
    application.close()
    server?.close()
    await ca.close()
  }
})

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
