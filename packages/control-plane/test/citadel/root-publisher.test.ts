import { createMemoryLogger } from '@heddle/base/testing'
import { expect, it } from 'vitest'
import { createRootPublisher, rootConfigMap } from '../../src/citadel/root-publisher.js'
import { createFakeResourceClient } from '../../src/testing.js'

const configMaps = { group: '', version: 'v1', plural: 'configmaps' }

it('makes, leaves alone and renews the config map of a namespace', async () => {
  const client = createFakeResourceClient()
  let roots = 'root 1'
  const publisher = createRootPublisher(client, () => roots, createMemoryLogger())
  const live = () => client.get(configMaps, rootConfigMap, 'default')
  await publisher.publish('default')
  const first = await live()
  expect(first?.['data']).toEqual({ 'root-cert.pem': 'root 1' })
  await publisher.publish('default')
  expect((await live())?.metadata.resourceVersion).toBe(first?.metadata.resourceVersion)
  roots = 'root 2'
  await publisher.publish('default')
  expect((await live())?.['data']).toEqual({ 'root-cert.pem': 'root 2' })
})

it('says when the API is away, and does not fail', async () => {
  const client = createFakeResourceClient()
  const logger = createMemoryLogger()
  client.setAway(true)
  await createRootPublisher(client, () => 'root', logger).publish('default')
  expect(logger.records.map(({ message }) => message)).toEqual(['the root could not be published'])
})
