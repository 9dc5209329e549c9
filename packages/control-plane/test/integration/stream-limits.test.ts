import { once } from 'node:events'
import { Client, credentials, Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js'
import { silentLogger } from '@heddle/base'
import { createFakeClock } from '@heddle/base/testing'
import type { Authenticator } from '@heddle/ca'
import { adsDeltaMethod, streamAccessLogsMethod, typeUrls } from '@heddle/xds'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDiscovery } from '../../src/push/discovery.js'
import { accessLogHandler } from '../../src/server/access-log-service.js'
import { discoveryHandler } from '../../src/server/discovery-service.js'
import { node } from '../mesh-objects.js'
import { request } from './grpc-caller.js'

/** Vouches for whoever says `yes`. */
const authenticator: Authenticator = {
  name: 'test',
  authenticate: async ({ token }) =>
    token === 'yes'
      ? { kind: 'authenticated', caller: { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'default', method: 'jwt' } }
      : { kind: 'absent' },
}
const server = new Server()
let client: Client
beforeAll(async () => {
  const deps = { clock: createFakeClock(), logger: silentLogger }
  const options = { authenticators: [authenticator], logger: silentLogger, maxStreams: 1 }
  const discovery = createDiscovery({ input: () => ({}) }, deps)
  server.addService({ Ads: adsDeltaMethod }, { Ads: discoveryHandler({ ...options, discovery }) })
  server.addService({ Als: streamAccessLogsMethod }, { Als: accessLogHandler({ ...options, onRecord: () => undefined }) })
  const port = await new Promise<number>((resolve) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_error, bound) => resolve(bound)),
  )
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
})
afterAll(() => {
  client.close()
  server.forceShutdown()
})

function metadata(token: string): Metadata {
  const made = new Metadata()
  made.set('authorization', `Bearer ${token}`)
  return made
}
function discover(token: string) {
  const { path, requestSerialize, responseDeserialize } = adsDeltaMethod
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata(token))
  call.on('error', () => undefined)
  call.write(request(typeUrls.cluster, { node: node() }))
  const ended = new Promise<number>((resolve) => call.once('status', ({ code }) => resolve(code)))
  return { call: call.on('data', () => undefined), ended }
}
function report(token: string) {
  const { path, requestSerialize, responseDeserialize } = streamAccessLogsMethod
  let end: (code: number) => void
  const ended = new Promise<number>((resolve) => (end = resolve))
  const onAnswer = (error: ServiceError | null): void => end(error?.code ?? status.OK)
  const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, metadata(token), onAnswer)
  call.on('error', () => undefined)
  call.write({ sender: { node: node(), logName: 'test' }, entries: [] })
  return { call, ended }
}

it('discovery serves so many streams and no more; those that end, refused ones too, make room', async () => {
  for (let attempt = 0; attempt < 3; attempt++) expect(await discover('no').ended).toBe(status.UNAUTHENTICATED)
  const first = discover('yes')
  await once(first.call, 'data')
  expect(await discover('yes').ended).toBe(status.RESOURCE_EXHAUSTED)
  first.call.cancel()
  await first.ended
  const next = async (): Promise<boolean> => {
    const { call, ended } = discover('yes')
    const isServed = await Promise.race([
      new Promise<boolean>((resolve) => call.once('data', () => resolve(true))),
      ended.then(() => false),
    ])
    call.cancel()
    return isServed
  }
  await expect.poll(next, { interval: 5 }).toBe(true)
})

it('access records likewise', async () => {
  for (let attempt = 0; attempt < 3; attempt++) expect(await report('no').ended).toBe(status.UNAUTHENTICATED)
  const first = report('yes')
  const second = async (): Promise<number> => {
    const { call, ended } = report('yes')
    call.end()
    return ended
  }
  await expect.poll(second, { interval: 5 }).toBe(status.RESOURCE_EXHAUSTED)
  first.call.end()
  expect(await first.ended).toBe(status.OK)
  await expect.poll(second, { interval: 5 }).toBe(status.OK)
})
