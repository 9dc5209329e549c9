import { Readable } from 'node:stream'
import type { ResourceClient } from '@heddle/client/resources'
import { type ApplyObject, createFakeResourceClient } from '@heddle/control-plane/testing'
import { describe, expect, it } from 'vitest'
import { askIstiods } from '../../src/target/istiod.js'

const istiod = (name: string, deletionTimestamp?: string): ApplyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'istio-system', labels: { app: 'istiod' }, ...(deletionTimestamp ? { deletionTimestamp } : {}) },
  status: { phase: 'Running', podIP: '127.0.0.1' },
})

/** Names of the Pods that were asked: each answers with the path that it was asked by. */
async function asked(which: 'all' | 'first', ...pods: readonly ApplyObject[]): Promise<readonly string[]> {
  const client: ResourceClient = Object.assign(createFakeResourceClient(...pods), {
    request: async ({ path }: { readonly path: string }) =>
      ({ status: 200, headers: {}, body: Readable.from([Buffer.from(JSON.stringify(path))]) }) as never,
  })
  const target = { client, connection: {} as never, namespace: 'default', istioNamespace: 'istio-system', kubeconfig: '' }
  return (await askIstiods<string>(target, '/debug/ca', which)).map(({ answer }) => /pods\/(\w+)/.exec(answer)?.[1] ?? answer)
}

describe('while istiod is replaced', () => {
  const leaving = istiod('old', '2026-01-01T00:00:00Z')

  it('what holds for the mesh is asked of one that stays', async () => {
    expect(await asked('first', leaving, istiod('new'))).toEqual(['new'])
  })

  it('one on its way out is better than none', async () => {
    expect(await asked('first', leaving)).toEqual(['old'])
  })

  it('each is asked for the proxies that are connected to it', async () => {
    expect(await asked('all', leaving, istiod('new'))).toEqual(['old', 'new'])
  })
})
