import { createMemoryLogger } from '@heddle/base/testing'
import { expect, it } from 'vitest'
import { createRootPublisher, crlConfigMap, rootConfigMap } from '../../src/citadel/root-publisher.js'
import { createFakeResourceClient } from '../../src/testing.js'

const configMaps = { group: '', version: 'v1', plural: 'configmaps' }

it('makes, leaves alone and renews the config map of a namespace', async () => {
  const client = createFakeResourceClient()
  let rootsPem = 'root 1'
  let crlPem = ''
  const publisher = createRootPublisher(client, () => ({ rootsPem, crlPem }), createMemoryLogger())
  const live = (name = rootConfigMap) => client.get(configMaps, name, 'default')
  await publisher.publish('default')
  const first = await live()
  expect(first?.['data']).toEqual({ 'root-cert.pem': 'root 1' })
  await publisher.publish('default')
  expect((await live())?.metadata.resourceVersion).toBe(first?.metadata.resourceVersion)
  rootsPem = 'root 2'
  await publisher.publish('default')
  expect((await live())?.['data']).toEqual({ 'root-cert.pem': 'root 2' })
  expect(client.has('configmaps', crlConfigMap, 'default')).toBe(false)
  for (const text of ['list 1', 'list 2', '']) {
    crlPem = text
    await publisher.publish('default')
    expect((await live(crlConfigMap))?.['data']).toEqual({ 'ca-crl.pem': text })
  }
})

it('says when the API is away, and does not fail', async () => {
  const client = createFakeResourceClient()
  const logger = createMemoryLogger()
  client.setAway(true)
  await createRootPublisher(client, () => ({ rootsPem: 'root', crlPem: '' }), logger).publish('default')
  expect(logger.records.map(({ message }) => message)).toEqual(['the root could not be published'])
})
