import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEndpoints } from '../../src/output/service-endpoints.js'
import { type Platform, service, startPlatform } from '../cli.fixture.js'

let mesh: Platform
beforeAll(async () => {
  mesh = await startPlatform()
})
afterAll(() => mesh?.close())

const slice = (addresses: readonly string[], ports: readonly object[], ready?: boolean) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `shop-${addresses.length}`, namespace: 'default', labels: { 'kubernetes.io/service-name': 'shop' } },
  addressType: 'IPv4',
  ports,
  endpoints: [{ addresses, ...(ready === undefined ? {} : { conditions: { ready } }) }],
})

it('a Service is described with the ready addresses behind each of its ports', () => {
  const http = { name: 'http', port: 8080, protocol: 'TCP' }
  expect(describeEndpoints([])).toBe('Endpoints:       <none>\n')
  expect(describeEndpoints([slice(['10.0.0.1'], [http], false)])).toBe('Endpoints:       <none>\n')
  expect(
    describeEndpoints([
      slice(['10.0.0.2', '10.0.0.1'], [http, { name: '', port: 90 }], true),
      slice(['10.0.0.3', '10.0.0.4', 'fd00::1'], [http]),
    ]),
  ).toBe('Endpoints:       10.0.0.1:8080,10.0.0.2:8080,10.0.0.3:8080 + 2 more   (http)\nEndpoints:       10.0.0.1:90,10.0.0.2:90\n')
})

it('describe svc asks for the slices of the Service', async () => {
  await mesh.cliWith({ input: service('shop', { app: 'shop' }) }, 'apply', '-f', '-')
  const type = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' }
  expect((await mesh.cli('describe', 'svc', 'shop')).stdout).toMatch(/^Endpoints: {7}<none>$/m)
  const foreign = slice(['127.0.0.9'], [{ name: 'http', port: 8080 }], true)
  await mesh.client.create(type, { ...foreign, metadata: { ...foreign.metadata, name: 'made-by-hand' } })
  expect((await mesh.cli('describe', 'svc', 'shop')).stdout).toMatch(/^Endpoints: {7}127\.0\.0\.9:8080 {3}\(http\)$/m)
})
