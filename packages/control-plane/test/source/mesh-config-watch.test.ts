import { createMemoryLogger } from '@heddle/base/testing'
import { expect, it } from 'vitest'
import { watchMeshConfig } from '../../src/source/mesh-config-watch.js'
import { createFakeResourceClient } from '../../src/testing.js'
import { meshConfigMap } from '../mesh-objects.js'

it('follows the ConfigMap, and keeps the last good settings when it is spoilt', async () => {
  const logger = createMemoryLogger()
  const client = createFakeResourceClient(meshConfigMap('accessLogFile: /dev/stdout\nunheardOf: 1'))
  let changes = 0
  const watch = watchMeshConfig({ client, namespace: 'istio-system', onChange: () => changes++, logger })
  await expect.poll(() => watch.isSynced, { interval: 1 }).toBe(true)
  expect(watch.current()).toEqual({ accessLogFile: '/dev/stdout' })
  expect(logger.records.map(({ fields }) => fields)).toEqual([{ fields: 'unheardOf' }])
  client.apply(meshConfigMap('accessLogFile: ['))
  expect(watch.current()).toEqual({ accessLogFile: '/dev/stdout' })
  expect(logger.records.at(-1)?.message).toMatch(/the last one holds/)
  const before = changes
  client.remove(meshConfigMap(''))
  expect(watch.current()).toEqual({})
  expect(changes).toBe(before + 1)
  await watch.close()
})
